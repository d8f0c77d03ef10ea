// Keys without a modifier, where nobody is typing and no dialog is open.
import { useEffect, useRef } from "react";
import type { RefObject } from "react";
import { chosen } from "./preferences";

/** What a key does: `j`, `ArrowDown`, or two keys in a row: `g c`. False: nothing, and the browser may have it. */
export type Keys = Record<string, () => unknown>;

/** So long the second key of a pair may take. */
const PAIR_MS = 1_000;

type Pressed = Pick<KeyboardEvent, "key" | "code">;

/** The key by the name that the sheet gives it: where a layout has other letters (л), the Latin one of that key (k). */
export function keyName({ key, code }: Pressed): string {
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  const isForeign = key.length === 1 && key > "\x7f";
  return isForeign && letter !== undefined ? letter.toLowerCase() : key;
}

/** Keys of one character can be switched off (WCAG 2.1.4): speech that is taken for typing would press them. */
function isSwitchedOff(key: string): boolean {
  return key.length === 1 && chosen("keys") === "off";
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]), select, textarea"));
}

/** The dialog that was over the page when a key was pressed. The key itself may have closed it since. */
let dialog: Element | null = null;

function noteDialog(): void {
  dialog = [...document.querySelectorAll('[role="dialog"]')].at(-1) ?? null;
}

/** A key that belongs to somebody else: a field, a dialog, the browser. What is in the dialog has its keys. */
function isTaken(event: KeyboardEvent, within: Element | null): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (event.shiftKey && event.key.startsWith("Arrow")) return true; // the browser's: it selects text
  return isTyping(event.target) || (dialog !== null && !dialog.contains(within));
}

export function useKeys(keys: Keys, within?: RefObject<Element | null>): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    window.addEventListener("keydown", noteDialog, { capture: true }); // once, and for good: the first to hear of a key
    let first = { key: "", at: 0 };
    const onKey = (event: KeyboardEvent): void => {
      const key = keyName(event);
      if (isTaken(event, within?.current ?? null) || isSwitchedOff(key)) return;
      const isPair = event.timeStamp - first.at < PAIR_MS;
      const act = (isPair ? current.current[`${first.key} ${key}`] : undefined) ?? current.current[key];
      first = { key, at: event.timeStamp };
      if (act !== undefined && act() !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [within]);
}

/** Ctrl-K, or Cmd-K: works everywhere, also where somebody is typing, and is never switched off. */
export function useCommandKey(act: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (keyName(event).toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [act]);
}
