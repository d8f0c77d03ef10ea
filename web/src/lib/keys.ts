// Keys without a modifier, where nobody is typing and no dialog is open.
import { useEffect, useRef } from "react";

/** What a key does: `j`, `ArrowDown`, or two keys in a row: `g c`. */
export type Keys = Record<string, () => void>;

/** So long the second key of a pair may take. */
const PAIR_MS = 1_000;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]), select, textarea"));
}

/** A key that belongs to somebody else: a field, a dialog, the browser. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  return isTyping(event.target) || document.querySelector('[role="dialog"]') !== null;
}

export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    let first = { key: "", at: 0 };
    const onKey = (event: KeyboardEvent): void => {
      if (isTaken(event)) return;
      const isPair = event.timeStamp - first.at < PAIR_MS;
      const act = (isPair ? current.current[`${first.key} ${event.key}`] : undefined) ?? current.current[event.key];
      first = { key: event.key, at: event.timeStamp };
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, []);
}

/** Ctrl-K, or Cmd-K: works everywhere, also where somebody is typing. */
export function useCommandKey(act: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [act]);
}
