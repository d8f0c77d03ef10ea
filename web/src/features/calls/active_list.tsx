import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useVouchedNow } from "../../lib/fresh";
import { text } from "../../lib/text";
import { Board } from "../../ui/board";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Section } from "../../ui/section";
import { activeCalls } from "./api";
import { CallCard } from "./card";
import { groupCalls } from "./merge";
import type { CallGroup } from "./merge";

function sidOf({ call }: CallGroup): string {
  return call.twilio_sid;
}

function card(group: CallGroup): ReactElement {
  return <CallCard group={group} />;
}

/** The calls that are going on now, a card each. */
export function ActiveList(): ReactElement {
  const { data, error, refetch } = useQuery(activeCalls);
  const now = useVouchedNow();
  const groups = data === undefined ? [] : groupCalls(data, now);
  const ongoing = groups.filter(({ call }) => !call.is_final).length;
  return (
    <Section title={text.calls.active} count={data && text.calls.count(ongoing)} asOf scrolls>
      {data === undefined && error === null && <LoadingFace />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data !== undefined && groups.length === 0 && <Quiet />}
      {groups.length > 0 && <Board form="cards" label={text.calls.active} items={groups} keyOf={sidOf} item={card} />}
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
