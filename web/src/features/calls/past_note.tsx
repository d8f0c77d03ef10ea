import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { instantOf, timeOfDay } from "../../lib/format";
import { text } from "../../lib/text";
import type { CallEvent } from "../../lib/types";
import { timeOf } from "./merge";
import classes from "./record.module.css";

type PastNoteProps = { events: CallEvent[]; asOf: string | null; onAsOf: (id: string | null) => void };

/** As of when, and on pointing of which instant. */
function Then({ time }: { time: string }): ReactElement {
  return (
    <time dateTime={time} title={instantOf(time)}>
      {text.call.asOfNote(timeOfDay(time))}
    </time>
  );
}

/** That the past is shown, and steps through it; also of an event that the call does not have, to lead back. */
export function PastNote({ events, asOf, onAsOf }: PastNoteProps): ReactElement | null {
  if (asOf === null) return null;
  const at = events.findIndex(({ id }) => id === asOf);
  const event = events[at];
  const step = (label: string, to: CallEvent | undefined): ReactElement => (
    <Button
      variant="default"
      size="compact-xs"
      disabled={to === undefined}
      onClick={() => {
        onAsOf(to?.id ?? null);
      }}
    >
      {label}
    </Button>
  );
  return (
    <div className={classes.past} role="status">
      <span>
        {event === undefined ? text.call.asOfNothing : <Then time={timeOf(event)} />}
      </span>
      <span className={classes.steps}>
        {event !== undefined && step(text.call.earlier, events[at - 1])}
        {event !== undefined && step(text.call.later, events[at + 1])}
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => {
            onAsOf(null);
          }}
        >
          {text.call.asOfNow}
        </Button>
      </span>
    </div>
  );
}
