import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useNow } from "../../lib/clock";
import { text } from "../../lib/text";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Section } from "../../ui/section";
import { activeCalls } from "./api";
import classes from "./active_list.module.css";
import { groupCalls } from "./merge";
import { CallRow } from "./row";
import { Setup } from "./setup";

type ActiveListProps = { webhookBase: string; everCalled: boolean };

/** The calls that are going on now. */
export function ActiveList({ webhookBase, everCalled }: ActiveListProps): ReactElement {
  const { data, error, refetch } = useQuery(activeCalls);
  const now = useNow();
  const groups = data === undefined ? [] : groupCalls(data, now);
  const ongoing = groups.filter(({ call }) => !call.is_final).length;
  return (
    <Section title={text.calls.active} aside={<span aria-live="polite">{data && text.calls.count(ongoing)}</span>}>
      {data === undefined && error === null && <LoadingFace />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data !== undefined && groups.length === 0 && (everCalled ? <Quiet /> : <Setup base={webhookBase} />)}
      <ul className={classes.list}>
        {groups.map((group) => (
          <CallRow key={group.call.twilio_sid} group={group} now={now} />
        ))}
      </ul>
    </Section>
  );
}

function Quiet(): ReactElement {
  return (
    <EmptyFace title={text.calls.none}>
      <p>{text.calls.noneBody}</p>
    </EmptyFace>
  );
}
