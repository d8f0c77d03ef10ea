import { useQueryClient } from "@tanstack/react-query";
import type { QueryKey } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import type { ReactElement, ReactNode } from "react";
import { serverTimeOf } from "../lib/clock";
import { instantOf, timeOfDay } from "../lib/format";
import { StaleSince, useStaleSince } from "../lib/fresh";
import { staleLook } from "../lib/look";
import { Mark } from "./mark";
import classes from "./stale.module.css";

/** For a list as a whole: as of when it is so. Nothing while what it shows is vouched for. */
export function AsOf(): ReactElement | null {
  const since = useStaleSince();
  if (since === null) return null;
  return (
    <time className={classes.asOf} dateTime={new Date(since).toISOString()} title={instantOf(since)}>
      <Mark look={staleLook(timeOfDay(since))} />
    </time>
  );
}

/** One number that is kept up to date; dotted while it is not. */
export function Vouched({ className, children }: { className?: string | undefined; children: ReactNode }): ReactElement {
  const since = useStaleSince();
  if (since === null) return <span className={className}>{children}</span>;
  return (
    <span className={[classes.stale, className].join(" ")} data-stale title={staleLook(instantOf(since)).word}>
      {children}
    </span>
  );
}

type PolledProps = { keys: readonly QueryKey[]; children: ReactNode };

/**
 * For what is asked for again and again, and is not in the feed: its answers under these keys vouch for what
 * is shown, until the next question fails.
 */
export function Polled({ keys, children }: PolledProps): ReactElement {
  const cache = useQueryClient().getQueryCache();
  const subscribe = useCallback((listener: () => void) => cache.subscribe(listener), [cache]);
  const since = useSyncExternalStore(subscribe, () => {
    const answers = keys.flatMap((queryKey) => cache.findAll({ queryKey, type: "active" }));
    const stale = answers.filter(({ state }) => state.data !== undefined && (state.error !== null || state.fetchFailureCount > 0));
    return stale.length === 0 ? null : Math.min(...stale.map(({ state }) => state.dataUpdatedAt));
  });
  return <StaleSince value={since === null ? null : serverTimeOf(since)}>{children}</StaleSince>;
}
