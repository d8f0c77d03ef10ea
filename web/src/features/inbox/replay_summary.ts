import { text } from "../../lib/text";
import { settledOf } from "./replay_run";
import type { ReplayState } from "./replay_run";

/** How far a replay is, or how it went. */
export function summaryOf({ rows, isRunning }: ReplayState): string {
  const settled = settledOf(rows);
  const isWaiting = rows.some(({ outcome }) => outcome === "waiting");
  if (isRunning || isWaiting) return text.inbox.progress(settled, rows.length);
  const unsent = rows.filter(({ outcome }) => outcome === "unsent").length;
  if (unsent > 0) return text.inbox.stopped(rows.length - unsent, unsent);
  return text.inbox.progressDone(rows.length, rows.filter(({ outcome }) => outcome === "dead").length);
}
