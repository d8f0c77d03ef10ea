import { Button, Group, Modal, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Icon } from "../../ui/icon";
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
      <Modal opened={asking} onClose={cancel} title={text.inbox.replayAllTitle} centered overlayProps={{ backgroundOpacity: 0.3 }}>
        <p className={classes.question}>{text.inbox.replayAllBody(dead)}</p>
        <Group justify="flex-end">
          <Button variant="default" onClick={cancel}>
            {text.inbox.cancel}
          </Button>
          <Button data-autofocus onClick={start}>
            {text.inbox.replayAllDo}
          </Button>
        </Group>
      </Modal>
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
