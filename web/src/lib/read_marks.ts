/*
 * What of the conversations was read by somebody in a project, kept in this browser and shared by its pages.
 *
 * Up to `since` everything counts as read; a conversation that was opened later is read up to the call that
 * was seen last. When there are too many of those, `since` moves on over the oldest: so what was read never
 * becomes unread again, and what is kept stays small. Nobody else knows how it is kept: once there are
 * users, a server may keep it behind the same functions.
 */
import { useSyncExternalStore } from "react";
import { ownKey } from "./project";

/** Times in milliseconds, by the starts of calls. */
export type ReadMarks = { since: number; opened: Readonly<Record<string, number>> };

export const OPENED_MAX = 500;

const NAME = "hookswitch-read";
const CHANGED = "hookswitch:read";

export function isUnread(marks: ReadMarks, id: string, latest: number): boolean {
  return latest > Math.max(marks.since, marks.opened[id] ?? 0);
}

/** The same with a conversation read up to a time. */
export function withRead(marks: ReadMarks, id: string, upTo: number): ReadMarks {
  if (!isUnread(marks, id, upTo)) return marks;
  const opened = Object.entries({ ...marks.opened, [id]: upTo }).toSorted(([, a], [, b]) => b - a);
  const since = Math.max(marks.since, opened[OPENED_MAX]?.[1] ?? 0);
  return { since, opened: Object.fromEntries(opened.filter(([, at]) => at > since)) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was kept, or null when that is nothing one can read. */
export function parseMarks(kept: string | null): ReadMarks | null {
  try {
    const value: unknown = JSON.parse(kept ?? "null");
    if (!isRecord(value) || typeof value["since"] !== "number" || !isRecord(value["opened"])) return null;
    const opened = Object.entries(value["opened"]).filter((entry): entry is [string, number] => typeof entry[1] === "number");
    return { since: value["since"], opened: Object.fromEntries(opened) };
  } catch {
    return null;
  }
}

/** What was kept last, as text and as what it means; while storage is switched off, all there is. */
let known: { kept: string | null; marks: ReadMarks | null } = { kept: null, marks: null };

function current(): ReadMarks | null {
  let kept: string | null;
  try {
    kept = localStorage.getItem(ownKey(NAME));
  } catch {
    return known.marks;
  }
  if (kept !== known.kept) known = { kept, marks: parseMarks(kept) };
  return known.marks;
}

function keep(marks: ReadMarks): void {
  const kept = JSON.stringify(marks);
  known = { kept, marks };
  try {
    localStorage.setItem(ownKey(NAME), kept);
  } catch {
    // storage is switched off or full: it lasts as long as the page
  }
  window.dispatchEvent(new Event(CHANGED));
}

/** The first use in this browser: what is there counts as read. */
export function beginReading(upTo: number): void {
  if (current() === null) keep({ since: upTo, opened: {} });
}

export function markRead(id: string, upTo: number): void {
  const marks = current();
  if (marks === null) return;
  const next = withRead(marks, id, upTo);
  if (next !== marks) keep(next);
}

export function markAllRead(upTo: number): void {
  const marks = current();
  if (marks !== null && upTo > marks.since) keep({ since: upTo, opened: {} });
}

function subscribe(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  window.addEventListener("storage", listener);
  return () => {
    window.removeEventListener(CHANGED, listener);
    window.removeEventListener("storage", listener);
  };
}

/** The marks, as this page or another has left them; null before the first use. */
export function useReadMarks(): ReadMarks | null {
  return useSyncExternalStore(subscribe, current);
}
