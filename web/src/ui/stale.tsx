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

/**
 * Who vouches for answers: those that are asked for again and again, they themselves; those that the feed keeps up to
 * date, the feed as well; those that were asked for once, while both are well, and else none but the answer of then.
 */
type Voucher = "polled" | "fed" | "asked";

type KeptProps = { by: Voucher; keys: readonly QueryKey[]; children: ReactNode };

function hasFailed({ state }: Query): boolean {
  return state.error !== null || state.fetchFailureCount > 0;
}

/** What is shown of the answers under these keys: it is marked when one of them could not be had again, or nobody vouches. */
export function Kept({ by, keys, children }: KeptProps): ReactElement {
  const lost = useStaleSince();
  const cache = useQueryClient().getQueryCache();
  const subscribe = useCallback((listener: () => void) => cache.subscribe(listener), [cache]);
  const answered = useSyncExternalStore(subscribe, () => {
    const answers = keys.flatMap((queryKey) => cache.findAll({ queryKey, type: "active" })).filter(({ state }) => state.data !== undefined);
    const old = by === "asked" && lost !== null ? answers : answers.filter(hasFailed);
    return old.length === 0 ? null : Math.min(...old.map(({ state }) => state.dataUpdatedAt));
  });
  const since = [answered === null ? null : serverTimeOf(answered), by === "fed" ? lost : null].filter((each) => each !== null);
  return <StaleSince value={since.length === 0 ? null : Math.min(...since)}>{children}</StaleSince>;
}
