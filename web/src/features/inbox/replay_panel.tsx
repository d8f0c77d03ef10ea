import { Button, Progress } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { leaveFocus } from "../../ui/left_focus";
import { Trouble } from "../../ui/trouble";
import classes from "./replay_panel.module.css";
import type { Replay } from "./replay";
import { isOpen, settledOf } from "./replay_run";
import type { ReplayState } from "./replay_run";
import { Results } from "./replay_results";
import { summaryOf } from "./replay_summary";

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
        <Button
          ref={leaveFocus}
          variant="default"
          size="xs"
          onClick={replay.cancel}
          aria-disabled={!state.isSending} // what is disabled loses the focus
          data-disabled={!state.isSending}
          title={text.inbox.stopNote}
        >
          {text.inbox.stop}
        </Button>
      )}
      {!state.isRunning && isOpen(state) && (
        <Button ref={leaveFocus} size="xs" onClick={replay.goOn}>
          {text.inbox.goOn}
        </Button>
      )}
      {!state.isSending && (
        <Button ref={leaveFocus} variant="default" size="xs" onClick={replay.dismiss}>
          {text.inbox.dismiss}
        </Button>
      )}
    </div>
  );
}
