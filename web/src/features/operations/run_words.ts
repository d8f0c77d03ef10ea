// How a run of a job is told of: its state as a look, and what it did in words.
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import type { JobRun } from "../../lib/types";

const words = text.operations.jobs;

export type RunState = keyof typeof words.state;

const LOOKS: { [S in RunState]: [Look["shape"], Look["tone"]] } = {
  waiting: ["ring", "waiting"],
  running: ["dots", "waiting"],
  succeeded: ["check", "good"],
  failed: ["alert", "bad"],
  never: ["ring", "quiet"],
  off: ["paused", "quiet"],
};

export function runLook(state: RunState): Look {
  const [shape, tone] = LOOKS[state];
  return { shape, tone, word: words.state[state] };
}

/** What the run did, as far as there are words for it. */
export function found({ counts }: JobRun): string[] {
  return Object.entries(words.counts).flatMap(([name, say]) => (counts[name] === undefined ? [] : [say(counts[name])]));
}
