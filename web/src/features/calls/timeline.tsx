import type { ReactElement } from "react";
import { useRef, useState } from "react";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import { latenessOf, refusalOf, toldBy } from "../../lib/told";
import type { CallEvent } from "../../lib/types";
import { useWalkedRows } from "../../lib/walk";
import { MayNot } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Payload } from "../../ui/payload";
import { ClockTime } from "../../ui/time";
import { timeOf } from "./merge";
import classes from "./timeline.module.css";
import record from "./record.module.css";

type TimelineProps = { events: CallEvent[]; asOf: string | null; onAsOf: (id: string) => void };

/** The log of a call; choosing a line shows the call as it was then. */
export function Timeline({ events, asOf, onAsOf }: TimelineProps): ReactElement {
  const log = useRef<HTMLOListElement>(null);
  useWalkedRows(log, ":scope > li");
  const chosen = events.findIndex(({ id }) => id === asOf);
  return (
    <>
      <h3 className={record.subtitle}>{text.call.log}</h3>
      <p className={classes.note}>{text.call.logNote}</p>
      <ol ref={log} className={classes.log}>
        {events.map((event, i) => (
          <Entry key={event.id} event={event} chosen={i === chosen} later={chosen >= 0 && i > chosen} onAsOf={onAsOf} />
        ))}
      </ol>
    </>
  );
}

type EntryProps = { event: CallEvent; chosen: boolean; later: boolean; onAsOf: (id: string) => void };

function Entry({ event, chosen, later, onAsOf }: EntryProps): ReactElement {
  const choose = (): void => {
    onAsOf(event.id);
  };
  const lateness = latenessOf(event);
  return (
    <li className={classes.entry} data-applied={event.applied} data-chosen={chosen || undefined} data-later={later || undefined}>
      <button type="button" className={classes.button} onClick={choose} aria-pressed={chosen} title={text.call.asOf}>
        <span className={classes.line}>
          <span className={classes.what}>{toldBy(event)}</span>
          <ClockTime time={timeOf(event)} />
        </span>
        <span className={classes.source}>
          {text.call.source[event.source]}
          {event.seq !== null && ` · #${event.seq}`}
          {lateness !== null && ` · ${lateness}`}
        </span>
        {!event.applied && <span className={classes.refusal}>{refusalOf(event)}</span>}
      </button>
      <Evidence event={event} />
    </li>
  );
}

/** What the line was written from: the payload when it is asked for, and the received webhook; not everybody may see them. */
function Evidence({ event }: { event: CallEvent }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const mayOpen = useMay("events.read");
  return (
    <details
      className={classes.evidence}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
      }}
    >
      <summary>{text.call.raw}</summary>
      {isOpen && (event.payload === null ? <MayNot right="events.read" /> : <Payload payload={event.payload} />)}
      {isOpen && mayOpen && event.inbox_event_id !== null && (
        <Link to={{ view: "inbox", event: event.inbox_event_id, call: null, as_of: null }}>{text.call.received}</Link>
      )}
    </details>
  );
}
