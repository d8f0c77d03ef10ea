import type { ReactElement } from "react";
import type { Look, Shape, Tone } from "../../lib/look";
import { text } from "../../lib/text";
import { reasonWords } from "../../lib/told";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { VirtualList } from "../../ui/virtual_list";
import { eventName } from "./event_row";
import classes from "./replay_panel.module.css";
import type { Outcome, ReplayRow } from "./replay_run";

const LOOKS: Record<Outcome, [Shape, Tone]> = {
  unsent: ["minus", "quiet"],
  waiting: ["ring", "waiting"],
  done: ["check", "good"],
  retry: ["minus", "warn"],
  dead: ["alert", "bad"],
  unchanged: ["check", "quiet"],
  missing: ["cross", "quiet"],
};

function lookOf(outcome: Outcome): Look {
  const [shape, tone] = LOOKS[outcome];
  return { shape, tone, word: text.inbox.outcome[outcome] };
}

const ROW_HEIGHT = 36;
const MOST_ROWS = 5;

/** What became of each; those in sight, as a selection may be long. */
export function Results({ rows }: { rows: readonly ReplayRow[] }): ReactElement {
  return (
    <div className={classes.results} style={{ height: Math.min(rows.length, MOST_ROWS) * ROW_HEIGHT }}>
      <VirtualList
        label={text.inbox.results}
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        idAt={(index) => rows[index]?.id}
        row={(index) => <Result row={rows[index]} />}
        onWindow={ignore}
        grows={false}
      />
    </div>
  );
}

function ignore(): void {
  // all of them are here
}

function Result({ row }: { row: ReplayRow | undefined }): ReactElement | null {
  if (row === undefined) return null;
  const { id, event, outcome } = row;
  const isRefused = outcome === "dead" || outcome === "retry";
  return (
    <div className={classes.result} data-outcome={outcome}>
      <Mark look={lookOf(outcome)} moving={outcome === "waiting"} />
      <Link to={{ event: id }}>{event === null ? text.inbox.detail : eventName(event)}</Link>
      <code>{event?.call_sid ?? event?.recording_sid}</code>
      {isRefused && event?.error != null && <span title={reasonWords(event.error)}>{reasonWords(event.error)}</span>}
    </div>
  );
}
