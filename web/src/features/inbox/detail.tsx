import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { goTo } from "../../lib/location";
import { processingLook } from "../../lib/look";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import { reasonWords, toldBy } from "../../lib/told";
import type { InboxEventDetail } from "../../lib/types";
import { Facts } from "../../ui/facts";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { Panel } from "../../ui/panel";
import { Payload } from "../../ui/payload";
import { AsOf, Polled, Vouched } from "../../ui/stale";
import { ExactTime } from "../../ui/time";
import { inboxEvent } from "./api";
import classes from "./page.module.css";
import { ReplayOne } from "./replay_one";
import { eventName } from "./event_row";

/** One received webhook beside the list: what came, and what became of it. */
export function EventPanel({ id }: { id: string }): ReactElement {
  const { data, error, refetch } = useQuery(inboxEvent(id));
  const close = (): void => {
    goTo({ event: null });
  };
  return (
    <Panel title={text.inbox.detail} onClose={close}>
      {data === undefined && error === null && <LoadingFace rows={8} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data !== undefined && (
        <Polled keys={[inboxEvent(id).queryKey]}>
          <Detail key={id} event={data} />
        </Polled>
      )}
    </Panel>
  );
}

function Detail({ event }: { event: InboxEventDetail }): ReactElement {
  const mayReplay = useMay("events.replay");
  const waits = event.processing_status === "pending" || event.processing_status === "processing";
  return (
    <>
      <div className={classes.heading}>
        <div>
          <h3>{eventName(event)}</h3>
          <Mark look={processingLook(event.processing_status)} />
        </div>
        {mayReplay && !waits && <ReplayOne id={event.id} />}
        <AsOf />
      </div>
      <Facts
        facts={[
          { name: text.inbox.reason, value: event.error === null ? null : reasonWords(event.error) },
          { name: text.inbox.received, value: <ExactTime time={event.received_at} /> },
          { name: text.inbox.processed, value: event.processed_at === null ? null : <ExactTime time={event.processed_at} /> },
          { name: text.inbox.nextAttempt, value: waits && event.next_attempt_at !== null ? <ExactTime time={event.next_attempt_at} /> : null },
          { name: text.inbox.tried, value: <Vouched>{event.attempts}</Vouched> },
          { name: text.inbox.callColumn, value: event.call_sid === null ? null : <CallLink sid={event.call_sid} /> },
          { name: text.inbox.dedupe, value: <code>{event.dedupe_key}</code> },
        ]}
      />
      <h3 className={classes.subtitle}>{text.inbox.became}</h3>
      <Became event={event} />
      <h3 className={classes.subtitle}>{text.inbox.payload}</h3>
      <Payload payload={event.payload} />
    </>
  );
}

function CallLink({ sid }: { sid: string }): ReactElement {
  return (
    <Link to={{ call: sid }}>
      <code>{sid}</code>
    </Link>
  );
}

function Became({ event }: { event: InboxEventDetail }): ReactElement {
  if (event.call_events.length === 0) return <p>{text.inbox.becameNothing}</p>;
  return (
    <ul className={classes.became}>
      {event.call_events.map((line) => (
        <li key={line.id}>
          {toldBy(line)}
          {!line.applied && ` (${text.call.notApplied})`}
        </li>
      ))}
    </ul>
  );
}
