import { Button, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Question } from "../../ui/question";
import { Trouble } from "../../ui/trouble";
import { lookAgain, replayDeadLetters, syncHealth } from "./api";
import type { DeadLetters } from "./api";
import classes from "./replay_panel.module.css";

/** Dead letters that are to be replayed together: how many they seem to be, of how many there are. */
export type Bulk = { nth: number; which: DeadLetters; count: number; dead: number };

type BulkReplayProps = { bulk: Bulk; onClose: () => void };

/** Puts them back into the queue, however many they are, after asking; and shows how far they are. */
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
      {error === null && <BulkProgress requested={data?.requested} before={bulk.dead} onClose={onClose} />}
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

/** Those of the project that wait and that are dead tell how far these are; others may be among them. */
function BulkProgress({ requested, before, onClose }: { requested: number | undefined; before: number; onClose: () => void }): ReactElement {
  const { data: health } = useQuery(syncHealth(1_000));
  const total = requested ?? 0;
  const left = requested === undefined ? total : Math.min(total, health?.inbox.pending ?? total);
  const dead = Math.max(0, Math.min(total, (health?.inbox.dead_letter ?? 0) - Math.max(0, before - total)));
  const isDone = requested !== undefined && left === 0;
  return (
    <div className={classes.foot}>
      <p role="status">{isDone ? text.inbox.progressDone(total, dead) : text.inbox.progress(total - left, total)}</p>
      <Dismiss onClose={onClose} />
      <Progress value={isDone ? 100 : ((total - left) / Math.max(1, total)) * 100} size="sm" aria-label={text.inbox.replaying} />
    </div>
  );
}

function Dismiss({ onClose }: { onClose: () => void }): ReactElement {
  return (
    <Button variant="default" size="xs" onClick={onClose}>
      {text.inbox.dismiss}
    </Button>
  );
}
