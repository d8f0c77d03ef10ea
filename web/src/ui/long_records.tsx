import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Children, isValidElement, useLayoutEffect, useRef, useState } from "react";
import type { ReactElement } from "react";
import { More, RecordPlaces, useRecordKeys } from "./records";
import type { RecordsProps } from "./records";
import classes from "./records.module.css";

/** So high a record is taken to be until it is drawn. */
const ROW_HEIGHT = 68;
/** So many are kept on either side of those that are seen: the next is walked on to by key. */
const OVERSCAN = 4;

/** Records of which there may be any number, on a page that scrolls as a whole: only those in sight exist, however high each is. */
export function LongRecords({ label, paged, more, children }: RecordsProps): ReactElement {
  const list = useRef<HTMLUListElement>(null);
  useRecordKeys(list);
  const records = Children.toArray(children);
  const [top, setTop] = useState(0);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- whatever is drawn may have moved it; the same place draws nothing
  useLayoutEffect(() => {
    setTop(Math.round((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY)); // what stands above it comes and goes
  });
  const rows = useWindowVirtualizer({
    count: records.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => keyOf(records[index]) ?? index,
  });
  const drawn = rows.getVirtualItems();
  const above = (drawn[0]?.start ?? top) - top;
  const below = rows.getTotalSize() + top - (drawn.at(-1)?.end ?? top);
  return (
    <>
      <ul ref={list} className={classes.list} aria-label={label} style={{ paddingBlock: `${above}px ${below}px` }}>
        {drawn.map(({ index, key }) => (
          <RecordPlaces
            key={key}
            value={{ "data-index": index, "aria-posinset": index + 1, "aria-setsize": records.length, ref: rows.measureElement }}
          >
            {records[index]}
          </RecordPlaces>
        ))}
      </ul>
      <More paged={paged} more={more} />
    </>
  );
}

function keyOf(record: unknown): string | null {
  return isValidElement(record) ? record.key : null;
}
