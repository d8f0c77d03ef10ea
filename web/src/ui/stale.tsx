import { useQueryClient } from "@tanstack/react-query";
import type { Query, QueryKey } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import type { ReactElement, ReactNode } from "react";
import { serverTimeOf } from "../lib/clock";
import { instantOf, timeOfDay } from "../lib/format";
import { StaleSince, useStaleSince } from "../lib/fresh";
import { staleLook } from "../lib/look";
import { Mark } from "./mark";
import classes from "./stale.module.css";

/**
 * For a list as a whole: as of when it is so. Nothing while what it shows is vouched for. It moves nothing when it comes:
 * it hangs below its place, whose parent has its own place (`position`), or sits on the line below a bar.
 */
export function AsOf({ onLine = false }: { onLine?: boolean }): ReactElement | null {
  const since = useStaleSince();
  if (since === null) return null;
  return (
    <time className={classes.asOf} data-on-line={onLine || undefined} dateTime={new Date(since).toISOString()} title={instantOf(since)}>
      <Mark look={staleLook(timeOfDay(since))} />
    </time>
  );
}

/** One number that is kept up to date; dotted while it is not. */
export function Vouched({ className, title, children }: { className?: string | undefined; title?: string; children: ReactNode }): ReactElement {
  const since = useStaleSince();
  if (since === null)
    return (
      <span className={className} title={title}>
        {children}
      </span>
    );
  const asOf = staleLook(instantOf(since)).word;
  return (
    <span className={[classes.stale, className].join(" ")} data-stale title={title === undefined ? asOf : `${title}, ${asOf}`}>
      {children}
    </span>
  );
}

export function hasFailed({ state }: Query): boolean {
  return state.error !== null || state.fetchFailureCount > 0;
}

/** As of when the oldest is of what is shown of the answers under these keys and is old; null when nothing is. */
export function useOldest(keys: readonly QueryKey[], isOld: (query: Query) => boolean): number | null {
  const cache = useQueryClient().getQueryCache();
  const subscribe = useCallback((listener: () => void) => cache.subscribe(listener), [cache]);
  const since = useSyncExternalStore(subscribe, () => {
    const answers = keys.flatMap((queryKey) => cache.findAll({ queryKey, type: "active" }));
    const old = answers.filter((query) => query.state.data !== undefined && isOld(query));
    return old.length === 0 ? null : Math.min(...old.map(({ state }) => state.dataUpdatedAt));
  });
  return since === null ? null : serverTimeOf(since);
}

type KeptProps = { keys: readonly QueryKey[]; children: ReactNode };

/** What is asked for again and again, and is not in the feed: its answers vouch for what is shown, until the next question fails. */
export function Polled({ keys, children }: KeptProps): ReactElement {
  return <StaleSince value={useOldest(keys, hasFailed)}>{children}</StaleSince>;
}

/** What the feed keeps up to date: it vouches, unless an answer is owed that could not be had after an event. */
export function Fed({ keys, children }: KeptProps): ReactElement {
  const owed = useOldest(keys, hasFailed);
  const lost = useStaleSince();
  return <StaleSince value={owed === null || lost === null ? (owed ?? lost) : Math.min(owed, lost)}>{children}</StaleSince>;
}
