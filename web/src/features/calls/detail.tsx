import { Anchor, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { timeOfDay } from "../../lib/format";
import { goTo } from "../../lib/location";
import { text } from "../../lib/text";
import type { CallDetail } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Panel } from "../../ui/panel";
import { callDetail } from "./api";
import { CallFacts } from "./facts";
import { CallHeading } from "./heading";
import classes from "./detail.module.css";
import { Legs } from "./legs";
import { Timeline } from "./timeline";

/** One call beside the list: what it is, its legs, and its log. */
export function CallPanel({ sid }: { sid: string }): ReactElement {
  const close = (): void => {
    goTo({ call: null });
  };
  const now = useQuery(callDetail(sid, null));
  return (
    <Panel title={text.call.title} onClose={close}>
      {now.data === undefined && now.error === null && <LoadingFace rows={8} />}
      {now.data === undefined && now.error !== null && <FailedFace error={now.error} retry={() => void now.refetch()} />}
      {now.data !== undefined && <Detail key={sid} sid={sid} detail={now.data} />}
    </Panel>
  );
}

function Detail({ sid, detail }: { sid: string; detail: CallDetail }): ReactElement {
  const [asOf, setAsOf] = useState<string | null>(null);
  const past = useQuery({ ...callDetail(sid, asOf), enabled: asOf !== null });
  const event = detail.events.find(({ id }) => id === asOf);
  const call = asOf !== null && past.data !== undefined ? past.data.call : detail.call;
  const backToNow = (): void => {
    setAsOf(null);
  };
  return (
    <>
      {event !== undefined && (
        <div className={classes.past} role="status">
          <span>{text.call.asOfNote(timeOfDay(event.event_time ?? event.created_at))}</span>
          <Button variant="default" size="compact-xs" onClick={backToNow}>
            {text.call.asOfNow}
          </Button>
        </div>
      )}
      <CallHeading call={call} />
      <CallFacts call={call} />
      {call.recording_url !== null && (
        <p>
          <Anchor href={call.recording_url} target="_blank" rel="noreferrer">
            {text.call.listen}
          </Anchor>
        </p>
      )}
      <Legs legs={detail.legs} />
      <Timeline events={detail.events} asOf={asOf} onAsOf={setAsOf} />
    </>
  );
}
