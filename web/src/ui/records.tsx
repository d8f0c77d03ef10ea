// A list of things that have a name, a state, and facts; what can be done with each stands at its end.
import { Button } from "@mantine/core";
import { Children } from "react";
import type { ReactElement, ReactNode } from "react";
import type { Look } from "../lib/look";
import { text } from "../lib/text";
import { Mark } from "./mark";
import classes from "./records.module.css";

/** What of a query of pages says whether there is more. */
type Paged = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };

type RecordsProps = { label: string; paged?: Paged; more?: string; children: ReactNode };

export function Records({ label, paged, more = text.list.more, children }: RecordsProps): ReactElement {
  return (
    <>
      <ul className={classes.list} aria-label={label}>
        {children}
      </ul>
      {paged?.hasNextPage === true && (
        <div className={classes.more}>
          <Button variant="default" size="xs" loading={paged.isFetchingNextPage} onClick={() => void paged.fetchNextPage()}>
            {more}
          </Button>
        </div>
      )}
    </>
  );
}

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
    <li className={classes.row}>
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
