import { useEffect, useLayoutEffect, useRef } from "react";
import type { RefObject } from "react";

/** What has the focus in a list, and at which place of the list it stood when it was drawn last. */
type Held = { element: Element; at: number };

function placeOf(element: Element): number {
  return Number(element.closest("[aria-posinset]")?.getAttribute("aria-posinset") ?? 0);
}

/** The thing at that place of the list, or the drawn one that is nearest to it. */
function nearest(list: HTMLElement, at: number): HTMLElement | null {
  const drawn = [...list.children].sort((a, b) => Math.abs(placeOf(a) - at) - Math.abs(placeOf(b) - at));
  return drawn[0]?.querySelector<HTMLElement>("a, button") ?? null;
}

/** A thing that goes takes the focus with it; its neighbour gets it then, and nobody has to begin anew. */
export function useKeptFocus(frame: RefObject<HTMLElement | null>): void {
  const held = useRef<Held | null>(null);
  useEffect(() => {
    const list = frame.current;
    const note = ({ target }: FocusEvent): void => {
      held.current = target instanceof Element ? { element: target, at: placeOf(target) } : null;
    };
    const leave = ({ target }: FocusEvent): void => {
      // One that is being taken away is still there now, and is not when this is over; one that is moved has the
      // focus again by then, and so has one whose window is left.
      queueMicrotask(() => {
        if (held.current?.element === target && target instanceof Element && target.isConnected && document.activeElement !== target) held.current = null;
      });
    };
    list?.addEventListener("focusin", note);
    list?.addEventListener("focusout", leave);
    return () => {
      list?.removeEventListener("focusin", note);
      list?.removeEventListener("focusout", leave);
    };
  }, [frame]);
  useLayoutEffect(() => {
    const list = frame.current;
    const { current } = held;
    if (list === null || current === null) return;
    if (current.element.isConnected) current.at = placeOf(current.element);
    else if (document.activeElement === document.body) nearest(list, current.at)?.focus({ preventScroll: true });
  });
}
