import { Button, Progress } from "@mantine/core";
import type { ReactElement } from "react";
import type { Look, Shape, Tone } from "../../lib/look";
import { text } from "../../lib/text";
import { reasonWords } from "../../lib/told";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { Trouble } from "../../ui/trouble";
import { VirtualList } from "../../ui/virtual_list";
import { eventName } from "./event_row";
import classes from "./replay_panel.module.css";
import type { Replay } from "./replay";
import { isOpen, settledOf } from "./replay_run";
import type { Outcome, ReplayRow, ReplayState } from "./replay_run";
import { summaryOf } from "./replay_summary";

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

/** The replay of a selection: how far it is, and what became of each. */
export function ReplayPanel({ replay }: { replay: Replay }): ReactElement | null {
  const { state } = replay;
  if (state === null) return null;
  const done = (settledOf(state.rows) / Math.max(1, state.rows.length)) * 100;
  return (
    <section className={classes.panel} aria-label={text.inbox.replaying}>
      <div className={classes.head}>
        <p role="status">{summaryOf(state)}</p>
        <Buttons state={state} replay={replay} />
      </div>
      <Progress value={done} size="sm" aria-label={text.inbox.replaying} />
      {state.error !== null && <Trouble error={state.error} />}
      <Results rows={state.rows} />
    </section>
  );
}

/** Whoever does not want to wait for the end may put away what was sent, as it is the server's; the rest is stopped before. */
function Buttons({ state, replay }: { state: ReplayState; replay: Replay }): ReactElement {
  return (
    <div className={classes.buttons}>
      {state.isRunning && (
        <Button variant="default" size="xs" onClick={replay.cancel} disabled={!state.isSending} title={text.inbox.stopNote}>
          {text.inbox.stop}
        </Button>
      )}
      {!state.isRunning && isOpen(state) && (
        <Button size="xs" onClick={replay.goOn}>
          {text.inbox.goOn}
        </Button>
      )}
      {!state.isSending && (
        <Button variant="default" size="xs" onClick={replay.dismiss}>
          {text.inbox.dismiss}
        </Button>
      )}
    </div>
  );
}

const ROW_HEIGHT = 36;
const MOST_ROWS = 5;

/** What became of each; those in sight, as a selection may be long. */
function Results({ rows }: { rows: readonly ReplayRow[] }): ReactElement {
  return (
    <div className={classes.results} style={{ height: Math.min(rows.length, MOST_ROWS) * ROW_HEIGHT }}>
      <VirtualList
        label={text.inbox.results}
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        idAt={(index) => rows[index]?.event.id}
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
  const { event, outcome } = row;
  const isRefused = outcome === "dead" || outcome === "retry";
  return (
    <div className={classes.result} data-outcome={outcome}>
      <Mark look={lookOf(outcome)} moving={outcome === "waiting"} />
      <Link to={{ event: event.id }}>{eventName(event)}</Link>
      <code>{event.call_sid ?? event.recording_sid}</code>
      {isRefused && event.error !== null && <span title={reasonWords(event.error)}>{reasonWords(event.error)}</span>}
    </div>
  );
}
