// Which things of a board can be seen. The virtualiser of the lists would cost a thirtieth of all that Live loads, and
// measures what the style sheet of a board already says.
import { useLayoutEffect, useState } from "react";
import type { RefObject } from "react";
import { seenPart } from "../lib/seen";

/** So many things are kept on either side of those in sight, in whole rows: the next is walked on to by key. */
const OVERSCAN = 4;

type Range = readonly [first: number, end: number];
type Extent = { top: number; bottom: number };
type Grid = { columns: number; pitch: number };

/** The things of a board of which a part is seen, `extent` of it, and those around them. */
export function rangeOf({ top, bottom }: Extent, { columns, pitch }: Grid): Range {
  const around = Math.ceil(OVERSCAN / columns);
  const first = Math.floor(Math.max(0, top) / pitch) - around;
  const end = bottom <= top ? first : Math.ceil(bottom / pitch) + around;
  return [Math.max(0, first * columns), Math.max(0, end * columns)];
}

/** How many stand beside one another, and how far a row is below another: the style sheet says so, by the width. */
function gridOf(board: HTMLElement): Grid {
  const style = getComputedStyle(board);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const [columns = 1, height = 1, gap = 0] = ["--columns", "--height", "--gap"].map((name) => parseFloat(style.getPropertyValue(name)));
  return { columns, pitch: (height + gap) * rem };
}

/** The part of the board that its frame, or else the window, lets one see. */
function extentOf(board: HTMLElement): Extent {
  const { top: zero } = board.getBoundingClientRect();
  const seen = seenPart(board.parentElement);
  return { top: Math.max(seen.top, zero) - zero, bottom: seen.bottom - zero };
}

/** Does the style sheet give each thing its place? Not to a browser that cannot count the columns: that one has them all. */
function isPlaced(): boolean {
  return CSS.supports("width", "mod(5px, 2px)");
}

/** From which to before which one the things of the board are in sight. */
export function useInSight(board: RefObject<HTMLElement | null>): Range {
  const [range, setRange] = useState<Range>(() => (isPlaced() ? [0, 0] : [0, Infinity]));
  useLayoutEffect(() => {
    const element = board.current;
    if (element === null || !isPlaced()) return;
    const look = (): void => {
      const next = rangeOf(extentOf(element), gridOf(element));
      setRange((known) => (known[0] === next[0] && known[1] === next[1] ? known : next));
    };
    look();
    const sizes = new ResizeObserver(look);
    // What stands above it moves it, and makes one of these smaller or larger.
    for (let around: Element | null = element; around !== null; around = around.parentElement) sizes.observe(around);
    document.addEventListener("scroll", look, { capture: true, passive: true });
    window.addEventListener("resize", look);
    return () => {
      sizes.disconnect();
      document.removeEventListener("scroll", look, { capture: true });
      window.removeEventListener("resize", look);
    };
  }, [board]);
  return range;
}
