import { Button, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import type { ReprocessAccepted, ReprocessResult } from "../../lib/types";
import { leaveFocus } from "../../ui/left_focus";
import { Question } from "../../ui/question";
import { Trouble } from "../../ui/trouble";
import { lookAgain, replayDeadLetters, syncHealth } from "./api";
import type { DeadLetters } from "./api";
import { replayApi } from "./replay";
import classes from "./replay_panel.module.css";
import { Results } from "./replay_results";
import { ReplayRun, sent, settledOf } from "./replay_run";
import type { ReplayState } from "./replay_run";
import { summaryOf } from "./replay_summary";

/** Dead letters that are to be replayed together: how many they seem to be, of how many there are. */
export type Bulk = { nth: number; which: DeadLetters; count: number; dead: number };

type BulkReplayProps = { bulk: Bulk; onClose: () => void };

/** Puts them back into the queue, however many they are, after asking; and shows how far they are, and what became of which. */
export function BulkReplay({ bulk, onClose }: BulkReplayProps): ReactElement {
  const client = useQueryClient();
  const { mutate, data, error, isIdle } = useMutation({
    mutationFn: () => replayDeadLetters(bulk.which),
    onSettled: () => lookAgain(client),
  });
  if (isIdle)
    return (
      <Question
        title={bulk.which.error === undefined ? text.inbox.replayAllTitle : text.inbox.replayTheseTitle}
        body={text.inbox.replayAllBody(bulk.count)}
        yes={text.inbox.replayAllDo}
        onYes={mutate}
        onNo={onClose}
      />
    );
  return (
    <section className={classes.panel} aria-label={text.inbox.replaying}>
      {error !== null && <Refused error={error} onClose={onClose} />}
      {error === null && <BulkProgress bulk={bulk} answer={data} onClose={onClose} />}
    </section>
  );
}

function Refused({ error, onClose }: { error: Error; onClose: () => void }): ReactElement {
  return (
    <div className={classes.foot}>
      <Trouble error={error} />
      <Dismiss onClose={onClose} />
    </div>
  );
}

/** Those that the server named are watched, until nobody looks any more. */
function useWatched(results: readonly ReprocessResult[] | undefined): ReplayState | null {
  const client = useQueryClient();
  const [state, setState] = useState<ReplayState | null>(null);
  useEffect(() => {
    if (results === undefined) return;
    const run = new ReplayRun(sent(results), replayApi, setState);
    void run.start().then(() => lookAgain(client));
    return () => {
      run.stop();
    };
  }, [results, client]);
  return state;
}

/** Where the server named all of them they tell how far it is. */
function BulkProgress({ bulk, answer, onClose }: { bulk: Bulk; answer: ReprocessAccepted | undefined; onClose: () => void }): ReactElement {
  const state = useWatched(answer?.results);
  const isNamed = state !== null && answer !== undefined && state.rows.length >= answer.requested;
  return (
    <>
      {isNamed ? (
        <Foot summary={summaryOf(state)} part={settledOf(state.rows) / Math.max(1, state.rows.length)} onClose={onClose} />
      ) : (
        <Estimate total={answer?.requested} bulk={bulk} onClose={onClose} />
      )}
      {state !== null && state.error !== null && <Trouble error={state.error} />}
      {state !== null && !isNamed && <p className={classes.note}>{text.inbox.oldestNamed(state.rows.length)}</p>}
      {state !== null && state.rows.length > 0 && <Results rows={state.rows} />}
    </>
  );
}

/** Those of the project that wait and that are dead tell how far very many are; others may be among them. */
function Estimate({ total: requested, bulk, onClose }: { total: number | undefined; bulk: Bulk; onClose: () => void }): ReactElement {
  const { data: health } = useQuery(syncHealth(1_000));
  const total = requested ?? bulk.count;
  const left = requested === undefined ? total : Math.min(total, health?.inbox.pending ?? total);
  const dead = Math.max(0, Math.min(total, (health?.inbox.dead_letter ?? 0) - Math.max(0, bulk.dead - total)));
  const isDone = requested !== undefined && left === 0;
  const summary = isDone ? text.inbox.progressDone(total, dead) : text.inbox.progress(total - left, total);
  return <Foot summary={summary} part={isDone ? 1 : (total - left) / Math.max(1, total)} onClose={onClose} />;
}

function Foot({ summary, part, onClose }: { summary: string; part: number; onClose: () => void }): ReactElement {
  return (
    <div className={classes.foot}>
      <p role="status">{summary}</p>
      <Dismiss onClose={onClose} />
      <Progress value={part * 100} size="sm" aria-label={text.inbox.replaying} />
    </div>
  );
}

function Dismiss({ onClose }: { onClose: () => void }): ReactElement {
  return (
    <Button ref={leaveFocus} variant="default" size="xs" onClick={onClose}>
      {text.inbox.dismiss}
    </Button>
  );
}
