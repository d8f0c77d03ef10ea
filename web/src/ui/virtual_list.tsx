import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { ReactElement } from "react";
import { useKeys } from "../lib/keys";
import { text } from "../lib/text";
import { useLastFocus, useWalk } from "../lib/walk";
import { shiftOf } from "./row_window";
import type { IdAt, SeenRow } from "./row_window";
import classes from "./virtual_list.module.css";
import { useWayBack } from "./way_back";

/** So many rows are kept on either side of those that are seen. */
const OVERSCAN = 4;

type VirtualListProps = {
  label: string;
  count: number;
  rowHeight: number;
  /** Which row stands where; undefined while that is not loaded. */
  idAt: IdAt;
  row: (index: number) => ReactElement;
  /** The rows that are drawn now are these. */
  onWindow: (first: number, last: number) => void;
  /** The row that is open beside the list, by its id: `walkBack` leads there. */
  open?: string | null;
  /** The row that is to be in sight at first, as soon as it is known where that stands. */
  start?: number | null;
  /** It grows at the top, and there is a way back to there. */
  grows?: boolean;
  /** What else keys do, with the row that has the focus; null when none has. */
  rowKeys?: Record<string, (index: number | null) => void>;
};

/**
 * A list of any length of which only the rows in sight exist. When rows come in above those that are
 * read, what is read stays where it is; at the top the newest is shown. Rows are links, walked by key.
 */
export function VirtualList({ label, count, rowHeight, idAt, row, onWindow, open = null, start = null, grows = true, rowKeys = {} }: VirtualListProps): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing that it returns is memoised here
  const rows = useVirtualizer({
    count,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
  });
  const drawn = rows.getVirtualItems();
  const first = drawn[0]?.index ?? 0;
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    onWindow(first, last);
  }, [onWindow, first, last]);
  const indexes = drawn.map(({ index }) => index);
  useKeptPlace(frame, rowHeight, idAt, indexes);
  const back = useWayBack({ frame, open, count, idAt, drawn: indexes, scrollTo: rows.scrollToIndex, linkAt });

  useStart(frame, start, rows.scrollToIndex);

  const lastAt = useLastFocus(frame, indexOf);
  const focused = (): number | null => (frame.current?.contains(document.activeElement) ? indexOf(document.activeElement) : null);
  const place = (): number | null => {
    const at = focused();
    if (at !== null) return at;
    const was = lastAt.current;
    return was !== null && was >= first && was <= last ? was : null;
  };
  useWalk(frame, (by) => {
    const list = frame.current;
    if (list === null) return false;
    const at = place();
    const next = at === null ? Math.ceil(list.scrollTop / rowHeight) : Math.min(count - 1, Math.max(0, at + by));
    if (next === focused()) return false;
    rows.scrollToIndex(next);
    linkAt(list, next)?.focus({ preventScroll: true });
    return true;
  }, back);
  const onRow = Object.entries(rowKeys).map(([key, act]) => [key, () => { act(focused()); }] as const);
  useKeys(Object.fromEntries(onRow));

  const toTop = (): void => {
    frame.current?.scrollTo({ top: 0 });
  };
  const keys = keysOf(indexes.map(idAt));
  const isAway = (rows.scrollOffset ?? 0) > rowHeight;
  return (
    <div className={classes.around}>
      <div ref={frame} className={classes.frame}>
        <ul className={classes.list} aria-label={label} style={{ height: rows.getTotalSize() }}>
          {drawn.map(({ index, start }, i) => (
            <li
              key={keys[i]}
              className={classes.row}
              style={{ height: rowHeight, transform: `translateY(${start}px)` }}
              data-index={index}
              aria-posinset={index + 1}
              aria-setsize={count}
            >
              {row(index)}
            </li>
          ))}
        </ul>
      </div>
      {grows && isAway && (
        <button type="button" className={classes.top} onClick={toTop}>
          {text.list.toTop}
        </button>
      )}
    </div>
  );
}

/** Rows keep their identity when they move. Between two pages one may for a moment stand twice. */
function keysOf(ids: (string | undefined)[]): string[] {
  return ids.map((id, i) => (id === undefined || ids.indexOf(id) < i ? `#${i}` : id));
}

function indexOf(element: Element | null): number | null {
  const index = element?.closest<HTMLElement>("[data-index]")?.dataset["index"];
  return index === undefined ? null : Number(index);
}

function linkAt(list: HTMLElement, index: number): HTMLElement | null {
  return list.querySelector<HTMLElement>(`[data-index="${index}"] a`);
}

/** Once, and not when somebody has scrolled by then. */
function useStart(frame: { current: HTMLElement | null }, start: number | null, scrollTo: (index: number, how: { align: "center" }) => void): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (start === null || isDone.current) return;
    isDone.current = true;
    if (frame.current?.scrollTop === 0) scrollTo(start, { align: "center" });
  }, [frame, start, scrollTo]);
}

/** Scrolls by as much as the rows have moved, unless one is at the top. */
function useKeptPlace(frame: { current: HTMLElement | null }, rowHeight: number, idAt: IdAt, drawn: number[]): void {
  const seen = useRef<SeenRow[]>([]);
  useLayoutEffect(() => {
    const list = frame.current;
    const shift = shiftOf(seen.current, idAt);
    // Where it is scrolled to costs a layout, and is asked last.
    if (shift !== 0 && list !== null && list.scrollTop > 0) list.scrollBy(0, shift * rowHeight);
    seen.current = drawn.flatMap((index) => {
      const id = idAt(index);
      return id === undefined ? [] : [{ id, index }];
    });
  });
}
