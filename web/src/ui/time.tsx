import type { ReactElement } from "react";
import { agoOf } from "../lib/ago";
import { useNow } from "../lib/clock";
import { clockTime, exactTime, secondsBetween, shortTime } from "../lib/format";

/** Seconds since then, counting. */
export function RunningClock({ since }: { since: string }): ReactElement {
  return <span>{clockTime(secondsBetween(since, useNow()))}</span>;
}

/** How long ago that was, counting; exact on pointing. */
export function Age({ time }: { time: string }): ReactElement {
  return (
    <time dateTime={time} title={exactTime(time)}>
      {agoOf(secondsBetween(time, useNow()))}
    </time>
  );
}

/** The time, short as it matters; exact on pointing. */
export function ShortTime({ time }: { time: string }): ReactElement {
  return (
    <time dateTime={time} title={exactTime(time)}>
      {shortTime(time, useNow())}
    </time>
  );
}
