/*
 * Lists that are walked by key: `j` and `k` or the arrows up and down, and from one list to the one beside it by the
 * arrows left and right. Of several the keys belong to the one that has the focus, or had it last, else to the first.
 */
import { useEffect, useRef } from "react";
import type { RefObject } from "react";
import { useKeys } from "./keys";
import { seenPart } from "./seen";

type Frame = RefObject<HTMLElement | null>;
/** Moves the focus by so many rows; with 0 it goes to the row that had it, or to the first in sight. False: it stayed. */
type Step = (by: number) => boolean;
/** Leads the focus to the row that is open. False: none is. */
type Back = () => boolean;
type Walked = { frame: HTMLElement; step: RefObject<Step>; back: RefObject<Back> };

const lists = new Set<Walked>();
let latest: Walked | null = null;

/** Those that can be seen, as they stand on the page; of a dialog, its own. */
function listsBeside(frame: HTMLElement | null): Walked[] {
  const dialog = frame?.closest('[role="dialog"]') ?? null;
  return [...lists]
    .filter((list) => list.frame.closest('[role="dialog"]') === dialog && list.frame.checkVisibility())
    .sort((a, b) => (a.frame.compareDocumentPosition(b.frame) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
}

function ownerOf(beside: Walked[]): Walked | undefined {
  const focused = beside.find(({ frame }) => frame.contains(document.activeElement));
  return focused ?? beside.find((list) => list === latest) ?? beside[0];
}

function nowhere(): boolean {
  return false;
}

/** The keys of a list. Whichever hears them first hands them to whose they are. */
export function useWalk(frame: Frame, step: Step, back: Back = nowhere): void {
  const current = useRef(step);
  const currentBack = useRef(back);
  useEffect(() => {
    current.current = step;
    currentBack.current = back;
  });
  useEffect(() => {
    if (frame.current === null) return;
    const list = { frame: frame.current, step: current, back: currentBack };
    const note = (): void => {
      latest = list;
    };
    lists.add(list);
    list.frame.addEventListener("focusin", note);
    return () => {
      lists.delete(list);
      list.frame.removeEventListener("focusin", note);
      if (latest === list) latest = null;
    };
  }, [frame]);
  const walk = (by: number) => () => ownerOf(listsBeside(frame.current))?.step.current(by) ?? false;
  const cross = (by: number) => () => {
    const beside = listsBeside(frame.current);
    const owner = ownerOf(beside);
    return (owner !== undefined && beside[beside.indexOf(owner) + by]?.step.current(0)) ?? false;
  };
  useKeys({ j: walk(1), ArrowDown: walk(1), k: walk(-1), ArrowUp: walk(-1), ArrowLeft: cross(-1), ArrowRight: cross(1) }, frame);
}

/** From what was opened of a list to its row, as soon as that is closed. */
export function walkBack(): void {
  for (const { back } of lists) if (back.current()) return;
}

/** To the list that had the focus last: to its row, or to what stands there by now. Without a list, to what the page begins with. */
export function walkOn(): void {
  if (ownerOf(listsBeside(null))?.step.current(0) === true) return;
  document.querySelector<HTMLElement>("main :is(a, button, input:checked)")?.focus();
}

/** The row that had the focus last: one that goes takes the focus with it, and one walks on from there. */
export function useLastFocus(frame: Frame, indexOf: (element: Element) => number | null): RefObject<number | null> {
  const at = useRef<number | null>(null);
  const find = useRef(indexOf);
  useEffect(() => {
    const list = frame.current;
    const note = (event: FocusEvent): void => {
      at.current = event.target instanceof Element ? find.current(event.target) : null;
    };
    list?.addEventListener("focusin", note);
    return () => list?.removeEventListener("focusin", note);
  }, [frame]);
  return at;
}

function firstInSight(frame: HTMLElement | null, list: HTMLElement[]): number {
  const { top } = seenPart(frame);
  const first = list.findIndex((row) => row.getBoundingClientRect().top >= top);
  return first < 0 ? list.length - 1 : first;
}

/** The same keys for a list whose rows `rows` selects, by the first link or button of each, or whatever else opens it; else by itself. */
export function useWalkedRows(frame: Frame, rows: string, opener = "a, button"): void {
  const all = (): HTMLElement[] => [...(frame.current?.querySelectorAll<HTMLElement>(rows) ?? [])];
  const indexOf = (element: Element | null): number | null => {
    const index = all().findIndex((row) => row.contains(element));
    return index < 0 ? null : index;
  };
  const lastAt = useLastFocus(frame, indexOf);
  useWalk(frame, (by) => {
    const list = all();
    const last = list.length - 1;
    const focused = indexOf(document.activeElement);
    const at = focused ?? lastAt.current;
    const next = at === null ? firstInSight(frame.current, list) : Math.min(last, Math.max(0, at + by));
    if (next === focused) return false;
    const row = list[next];
    (row?.querySelector<HTMLElement>(opener) ?? row)?.focus();
    return row !== undefined;
  });
}
