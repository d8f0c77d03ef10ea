import type { ReactElement } from "react";
import { exactTime, timeOfDay } from "../../lib/format";
import { text } from "../../lib/text";
import type { CallEvent } from "../../lib/types";
import classes from "./timeline.module.css";
import detail from "./detail.module.css";

type TimelineProps = { events: CallEvent[]; asOf: string | null; onAsOf: (id: string) => void };

/** The log of a call; pointing at a line shows the call as it was then. */
export function Timeline({ events, asOf, onAsOf }: TimelineProps): ReactElement {
  return (
    <>
      <h3 className={detail.subtitle}>{text.call.log}</h3>
      <p className={classes.note}>{text.call.logNote}</p>
      <ol className={classes.log}>
        {events.map((event) => (
          <Entry key={event.id} event={event} chosen={event.id === asOf} onAsOf={onAsOf} />
        ))}
      </ol>
    </>
  );
}

type EntryProps = { event: CallEvent; chosen: boolean; onAsOf: (id: string) => void };

function Entry({ event, chosen, onAsOf }: EntryProps): ReactElement {
  const time = event.event_time ?? event.created_at;
  const choose = (): void => {
    onAsOf(event.id);
  };
  return (
    <li className={classes.entry} data-applied={event.applied} data-chosen={chosen || undefined}>
      <button type="button" className={classes.button} onClick={choose} aria-pressed={chosen} title={text.call.asOf}>
        <span className={classes.line}>
          <span className={classes.what}>{wordsOf(event)}</span>
          <time dateTime={time} title={exactTime(time)}>
            {timeOfDay(time)}
          </time>
        </span>
        <span className={classes.source}>
          {text.call.source[event.source]}
          {event.seq !== null && ` · #${event.seq}`}
          {!event.applied && ` · ${text.call.notApplied}`}
        </span>
      </button>
    </li>
  );
}

function wordsOf(event: CallEvent): string {
  const type = text.call.eventType[event.event_type];
  return event.event_status === null || event.event_type === "recording.ready" ? type : `${type}: ${event.event_status}`;
}
