import { Button, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Icon } from "../../ui/icon";
import { Question } from "../../ui/question";
import { lookAgain, replayDeadLetters, syncHealth } from "./api";
import classes from "./page.module.css";

/** Puts all dead letters back into the queue, after asking, and shows how far they are. */
export function ReplayAll(): ReactElement | null {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const replay = useMutation({ mutationFn: replayDeadLetters, onSettled: () => lookAgain(client) });
  const { data: health } = useQuery(syncHealth(replay.isSuccess ? 1_000 : 5_000));
  const dead = health?.inbox.dead_letter ?? 0;
  const requested = replay.data?.requested ?? 0;

  if (replay.isSuccess && health !== undefined)
    return (
      <ReplayProgress total={requested} waiting={health.inbox.pending} failed={dead} onDismiss={replay.reset} />
    );
  if (dead === 0) return null;
  const start = (): void => {
    setAsking(false);
    replay.mutate();
  };
  const cancel = (): void => {
    setAsking(false);
  };
  return (
    <>
      <Button
        size="xs"
        leftSection={<Icon name="replay" size={14} />}
        loading={replay.isPending}
        title={replay.error?.message}
        onClick={() => {
          setAsking(true);
        }}
      >
        {text.inbox.replayAll(dead)}
      </Button>
      {asking && (
        <Question
          title={text.inbox.replayAllTitle}
          body={text.inbox.replayAllBody(dead)}
          yes={text.inbox.replayAllDo}
          onYes={start}
          onNo={cancel}
        />
      )}
    </>
  );
}

type ReplayProgressProps = { total: number; waiting: number; failed: number; onDismiss: () => void };

function ReplayProgress({ total, waiting, failed, onDismiss }: ReplayProgressProps): ReactElement {
  const left = Math.min(total, waiting);
  const done = total - left;
  return (
    <div className={classes.progress}>
      <Progress value={total === 0 ? 100 : (done / total) * 100} aria-label={text.inbox.progress(done, total)} />
      <span role="status">
        {left > 0 ? text.inbox.progress(done, total) : text.inbox.progressDone(total, Math.min(total, failed))}
      </span>
      {left === 0 && (
        <Button variant="default" size="compact-xs" onClick={onDismiss}>
          {text.inbox.dismiss}
        </Button>
      )}
    </div>
  );
}
