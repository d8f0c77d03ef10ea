import { useQueryClient } from "@tanstack/react-query";
import type { Query, QueryKey } from "@tanstack/react-query";
import { useEffect } from "react";
import type { ReactElement, ReactNode } from "react";
import { StaleSince, useStaleSince } from "../lib/fresh";
import { isDue } from "./due";
import { hasFailed, useOldest } from "./stale";

/** What is marked is asked for again after this time, or as often that for each of its pages. */
const AGAIN_MS = 5_000;

function any(): boolean {
  return true;
}

/**
 * What was asked for once, and of which nobody tells: it is marked when it could not be had again, and while the feed is
 * lost, which then would not have told either; and asked for until the mark is gone.
 */
export function Asked({ keys, children }: { /** The same each time. */ keys: readonly QueryKey[]; children: ReactNode }): ReactElement {
  const client = useQueryClient();
  const isLost = useStaleSince() !== null;
  const since = useOldest(keys, isLost ? any : hasFailed);
  const isOld = since !== null;
  useEffect(() => {
    if (!isOld) return;
    let turn = 0;
    const predicate = ({ state }: Query): boolean => isDue(turn, state.data);
    const ask = (): void => {
      turn += 1;
      for (const queryKey of keys) void client.refetchQueries({ queryKey, type: "active", predicate }, { cancelRefetch: false });
    };
    const timer = setInterval(ask, AGAIN_MS);
    return () => {
      clearInterval(timer);
    };
  }, [isOld, client, keys]);
  return <StaleSince value={since}>{children}</StaleSince>;
}
