import { useEffect, useLayoutEffect, useRef } from "react";
import type { RefObject } from "react";
import { movedTo } from "./row_window";
import type { IdAt, SeenRow } from "./row_window";

type WayBackProps = {
  frame: RefObject<HTMLElement | null>;
  /** The row that is open, if one is. */
  open: string | null;
  count: number;
  idAt: IdAt;
  drawn: readonly number[];
  scrollTo: (index: number) => void;
  linkAt: (list: HTMLElement, index: number) => HTMLElement | null;
};

/** By these somebody goes elsewhere. */
const GESTURES = ["wheel", "touchstart", "keydown"];

type Wait = RefObject<AbortController | null>;

function end(wait: Wait): void {
  wait.current?.abort();
  wait.current = null;
}

/** Until somebody goes elsewhere; a key that is still held does not. */
function begin(wait: Wait): void {
  end(wait);
  const { signal } = (wait.current = new AbortController());
  const leave = (event: Event): void => {
    if (!(event instanceof KeyboardEvent && event.repeat)) end(wait);
  };
  for (const gesture of GESTURES) window.addEventListener(gesture, leave, { capture: true, passive: true, signal });
}

/**
 * The way back from what is open to its row, which by then may be far out of sight, and not loaded: the list remembers
 * where it stood, scrolls there, and gives it the focus when it is drawn, unless somebody has taken that elsewhere or
 * scrolls away meanwhile.
 */
export function useWayBack({ frame, open, count, idAt, drawn, scrollTo, linkAt }: WayBackProps): () => boolean {
  const row = useRef<SeenRow | null>(null);
  const wait = useRef<AbortController | null>(null);
  useEffect(() => () => { end(wait); }, []);
  useLayoutEffect(() => {
    const known = row.current;
    const id = wait.current ? known?.id : open;
    const index = drawn.find((each) => idAt(each) === id) ?? (known?.id === id && known ? movedTo(known, idAt) : undefined);
    row.current = id == null || index === undefined ? null : { id, index };
    if (!wait.current) return;

    const isThere = (at: number): boolean => at < count && (idAt(at) ?? id) === id; // or it will be, when that is loaded
    if (index === undefined || !isThere(index) || document.activeElement !== document.body) {
      end(wait);
      return;
    }
    if (frame.current === null) return;
    const link = idAt(index) === id ? linkAt(frame.current, index) : null;
    if (link === null) {
      scrollTo(index);
      return;
    }
    link.focus();
    end(wait);
  });
  return () => {
    if (open === null || row.current?.id !== open) return false;
    begin(wait);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    return true;
  };
}
