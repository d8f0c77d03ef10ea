import type { ReactElement } from "react";
import { processingLook } from "../../lib/look";
import { text } from "../../lib/text";
import type { InboxEvent } from "../../lib/types";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { ShortTime } from "../../ui/time";
import classes from "./page.module.css";
import { ReplayOne } from "./replay_one";

export function eventName(event: { event_type: string }): string {
  return text.inbox.eventType[event.event_type] ?? event.event_type;
}

/** One received webhook; a dead letter tells its reason and can be replayed. */
export function InboxRow({ event, mayReplay }: { event: InboxEvent; mayReplay: boolean }): ReactElement {
  const canReplay = mayReplay && (event.processing_status === "dead_letter" || event.processing_status === "failed");
  return (
    <li className={classes.row} data-event={event.id} data-status={event.processing_status}>
      <Link to={{ event: event.id }} className={classes.main}>
        <span className={classes.status}>
          <Mark look={processingLook(event.processing_status)} moving={event.processing_status === "processing"} />
        </span>
        <span className={classes.what}>
          <span className={classes.name}>{eventName(event)}</span>
          <code>{event.call_sid ?? event.recording_sid}</code>
        </span>
        <span className={classes.time}>
          <ShortTime time={event.received_at} />
        </span>
        {event.error !== null && (
          <span className={classes.reason}>
            {event.error}
            {event.retry_count > 0 && ` (${text.inbox.attempts(event.retry_count)})`}
          </span>
        )}
      </Link>
      {canReplay && <ReplayOne id={event.id} />}
    </li>
  );
}
