/*
 * The replay of a selection that is under way, or was. It is the page's and not the inbox's: whoever goes to
 * another room comes back to it, and meanwhile the shell tells how far it is.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { InboxEvent } from "../../lib/types";
import { eventsAmong, lookAgain, replayEach } from "./api";
import { ReplayRun, unsent } from "./replay_run";
import type { ReplayApi, ReplayState } from "./replay_run";

export const replayApi: ReplayApi = {
  replay: replayEach,
  among: eventsAmong,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

let run: ReplayRun | null = null;
let state: ReplayState | null = null;
const listeners = new Set<() => void>();

/** Who closes the page while some are not sent is asked by the browser. */
function askToStay(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function show(next: ReplayState | null): void {
  state = next;
  if (next?.isSending === true) window.addEventListener("beforeunload", askToStay);
  else window.removeEventListener("beforeunload", askToStay);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function go(client: QueryClient): Promise<void> {
  await run?.start();
  await lookAgain(client);
}

export type Replay = {
  state: ReplayState | null;
  start: (events: readonly InboxEvent[]) => void;
  cancel: () => void;
  goOn: () => void;
  /** Nobody looks any more; what is not sent yet would be dropped, so it is stopped before. */
  dismiss: () => void;
};

export function useReplay(): Replay {
  const client = useQueryClient();
  return {
    state: useSyncExternalStore(subscribe, () => state),
    start: (events) => {
      run?.stop();
      run = new ReplayRun(unsent(events), replayApi, show);
      void go(client);
    },
    cancel: () => run?.cancel(),
    goOn: () => void go(client),
    dismiss: () => {
      run?.stop();
      show(null);
    },
  };
}
