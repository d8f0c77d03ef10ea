import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { timeOfDay } from "../../lib/format";
import { text } from "../../lib/text";
import type { CallEvent } from "../../lib/types";
import classes from "./record.module.css";

type PastNoteProps = { events: CallEvent[]; asOf: string | null; onAsOf: (id: string | null) => void };

/** That the past is shown, and steps through it. */
export function PastNote({ events, asOf, onAsOf }: PastNoteProps): ReactElement | null {
  const at = events.findIndex(({ id }) => id === asOf);
  const event = events[at];
  if (event === undefined) return null;
  const step = (by: number): ReactElement => {
    const to = events[at + by];
    return (
      <Button
        variant="default"
        size="compact-xs"
        disabled={to === undefined}
        onClick={() => {
          onAsOf(to?.id ?? null);
        }}
      >
        {by < 0 ? text.call.earlier : text.call.later}
      </Button>
    );
  };
  return (
    <div className={classes.past} role="status">
      <span>{text.call.asOfNote(timeOfDay(event.event_time ?? event.created_at))}</span>
      <span className={classes.steps}>
        {step(-1)}
        {step(1)}
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
