// The replay that is under way, or was, as a component holds it.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { InboxEvent } from "../../lib/types";
import { eventsAmong, lookAgain, replayEach } from "./api";
import { ReplayRun } from "./replay_run";
import type { ReplayApi, ReplayState } from "./replay_run";

/** So long it waits before it looks what has become of them. */
const LOOK_MS = 300;

const api: ReplayApi = {
  replay: replayEach,
  among: eventsAmong,
  pause: () => new Promise((resolve) => setTimeout(resolve, LOOK_MS)),
};

export type Replay = {
  state: ReplayState | null;
  start: (events: readonly InboxEvent[]) => void;
  cancel: () => void;
  goOn: () => void;
  dismiss: () => void;
};

export function useReplay(): Replay {
  const client = useQueryClient();
  const run = useRef<ReplayRun | null>(null);
  const [state, show] = useState<ReplayState | null>(null);
  useEffect(() => () => run.current?.stop(), []);
  const go = async (): Promise<void> => {
    await run.current?.start();
    await lookAgain(client);
  };
  return {
    state,
    start: (events) => {
      run.current?.stop();
      run.current = new ReplayRun(events, api, show);
      void go();
    },
    cancel: () => run.current?.cancel(),
    goOn: () => void go(),
    dismiss: () => {
      run.current?.stop();
      show(null);
    },
  };
}
