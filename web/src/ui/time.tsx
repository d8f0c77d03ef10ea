import type { ReactElement } from "react";
import { agoOf } from "../lib/ago";
import { useNow } from "../lib/clock";
import { clockTime, exactTime, instantOf, secondsBetween, shortTime, timeOfDay } from "../lib/format";
import { useVouchedNow } from "../lib/fresh";
import { Vouched } from "./stale";

type RunningClockProps = { since: string; className?: string | undefined; /** Words behind it. */ unit?: string };

/** Seconds since then, counting while the feed vouches for them; the instant on pointing. */
export function RunningClock({ since, className, unit }: RunningClockProps): ReactElement {
  const shown = clockTime(secondsBetween(since, useVouchedNow()));
  return <Vouched className={className} title={instantOf(since)}>{unit === undefined ? shown : `${shown} ${unit}`}</Vouched>;
}

/** A time in the words of `shown`; to the millisecond on pointing. */
function Time({ time, shown }: { time: string; shown: string }): ReactElement {
  return (
    <time dateTime={time} title={instantOf(time)}>
      {shown}
    </time>
  );
}

/** How long ago that was, counting while it is vouched for: what is old may have happened again. */
export function Age({ time }: { time: string }): ReactElement {
  return (
    <Vouched>
      <Time time={time} shown={agoOf(secondsBetween(time, useVouchedNow()))} />
    </Vouched>
  );
}

/** The time, short as it matters. */
export function ShortTime({ time }: { time: string }): ReactElement {
  return <Time time={time} shown={shortTime(time, useNow())} />;
}

/** The time of a day that is known from elsewhere. */
export function ClockTime({ time }: { time: string }): ReactElement {
  return <Time time={time} shown={timeOfDay(time)} />;
}

/** Day and time. */
export function ExactTime({ time }: { time: string }): ReactElement {
  return <Time time={time} shown={exactTime(time)} />;
}
