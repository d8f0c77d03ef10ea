// A list of things that have a name, a state, and facts; what can be done with each stands at its end.
import { Button } from "@mantine/core";
import { Children, createContext, useContext, useRef } from "react";
import type { ReactElement, ReactNode, RefObject } from "react";
import type { Look } from "../lib/look";
import { text } from "../lib/text";
import { useWalkedRows } from "../lib/walk";
import { Mark } from "./mark";
import classes from "./records.module.css";

/** What of a query of pages says whether there is more. */
type Paged = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };

export type RecordsProps = { label: string; paged?: Paged; more?: string; children: ReactNode };

/** By key one walks from record to record: to what opens it, which Enter does; else to itself, with what can be done behind it. */
export function useRecordKeys(list: RefObject<HTMLUListElement | null>): void {
  useWalkedRows(list, ":scope > li", "a, [aria-expanded], [aria-haspopup]");
}

export function Records({ label, paged, more, children }: RecordsProps): ReactElement {
  const list = useRef<HTMLUListElement>(null);
  useRecordKeys(list);
  return (
    <>
      <ul ref={list} className={classes.list} aria-label={label}>
        {children}
      </ul>
      <More paged={paged} more={more} />
    </>
  );
}

export function More({ paged, more = text.list.more }: { paged: Paged | undefined; more: string | undefined }): ReactElement | null {
  if (paged?.hasNextPage !== true) return null;
  return (
    <div className={classes.more}>
      <Button variant="default" size="xs" loading={paged.isFetchingNextPage} onClick={() => void paged.fetchNextPage()}>
        {more}
      </Button>
    </div>
  );
}

/** Where a record stands in a long list, and who wants to know how high it is. */
export type RecordPlace = { "data-index": number; "aria-posinset": number; "aria-setsize": number; ref: (row: HTMLLIElement | null) => void };
export const RecordPlaces = createContext<RecordPlace | null>(null);

type RecordProps = {
  name: ReactNode;
  /** Beside the name. */
  aside?: string | undefined;
  /** It stands before the facts, where those of all records are below one another. */
  state?: Look;
  /** Each a fact about it. */
  facts: ReactNode[];
  action?: ReactNode;
  children?: ReactNode;
};

export function Record({ name, aside, state, facts, action, children }: RecordProps): ReactElement {
  return (
    <li className={classes.row} tabIndex={-1} {...useContext(RecordPlaces)}>
      <div>
        <p className={classes.title}>
          <span>{name}</span>
          {aside !== undefined && <small>{aside}</small>}
        </p>
        <p className={classes.note}>
          {state !== undefined && (
            <span>
              <Mark look={state} />
            </span>
          )}
          {Children.map(facts.filter((fact) => fact !== null), (fact) => (
            <span>{fact}</span>
          ))}
        </p>
        {children}
      </div>
      {action !== undefined && <div className={classes.actions}>{action}</div>}
    </li>
  );
}
