import { walkOn } from "../lib/walk";

/**
 * The `ref` of a button that goes while it has the focus, as what it offers is done: what is left beside it has the
 * focus then, else the list that had it last, and nobody has to begin anew.
 */
export function leaveFocus(button: HTMLElement | null): () => void {
  const beside = button?.parentElement;
  return () => {
    if (button === null || document.activeElement !== button) return;
    queueMicrotask(() => {
      if (document.activeElement !== document.body) return;
      const heir = beside?.isConnected ? beside.querySelector<HTMLElement>("a, button:not(:disabled)") : null;
      if (heir == null) walkOn();
      else heir.focus();
    });
  };
}
