import type { ReactElement, ReactNode } from "react";
import { clockTime, money, secondsBetween } from "../../lib/format";
import { text } from "../../lib/text";
import { toldStatus } from "../../lib/told";
import type { Call } from "../../lib/types";
import { Facts } from "../../ui/facts";
import { Vouched } from "../../ui/stale";
import { ExactTime, RunningClock } from "../../ui/time";
import { startOf } from "./merge";

function orNull<T>(value: T | null, show: (value: T) => ReactNode): ReactNode {
  return value === null ? null : show(value);
}

function exact(time: string): ReactElement {
  return <ExactTime time={time} />;
}

/** In full; a long one breaks after its `@`. */
function Address({ number }: { number: string }): ReactElement {
  const [user = "", ...domain] = number.split(/(?<=@)/);
  return (
    <span>
      {user || text.party.unknown}
      <wbr />
      {domain}
    </span>
  );
}

/** A length of time that may still grow, or be told. */
function length(seconds: number): ReactElement {
  return <Vouched>{clockTime(seconds)}</Vouched>;
}

/** How long they have talked: counting while they do, and up to `until` when that is past. */
function talk({ call, until }: CallFactsProps): ReactNode {
  if (call.is_final || call.answered_at === null) return orNull(call.talk_time, length);
  if (until === null) return <RunningClock since={call.answered_at} />;
  return clockTime(secondsBetween(call.answered_at, Date.parse(until)));
}

type CallFactsProps = {
  call: Call;
  /** The instant in the past that is shown; null is now. */
  until: string | null;
};

/** What is known about a call; what is not known is not shown. */
export function CallFacts({ call, until }: CallFactsProps): ReactElement {
  const total = call.total_duration ?? call.duration;
  return (
    <Facts
      facts={[
        { name: text.call.from, value: <Address number={call.from_number} /> },
        { name: text.call.to, value: <Address number={call.to_number} /> },
        { name: text.call.started, value: <ExactTime time={startOf(call)} /> },
        { name: text.call.answered, value: orNull(call.answered_at, exact) },
        { name: text.call.ended, value: orNull(call.end_time, exact) },
        { name: text.call.wait, value: orNull(call.wait_time, length) },
        { name: text.call.talk, value: talk({ call, until }) },
        { name: text.call.total, value: orNull(total, length) },
        { name: text.call.price, value: orNull(call.price, (price) => money(price, call.price_unit ?? "USD")) },
        { name: text.call.providerStatus, value: call.status === call.display_status ? null : toldStatus(call.status) },
        { name: text.call.filtered, value: call.visibility === "filtered" ? text.call.filteredWhy : null },
        { name: text.call.sid, value: <code>{call.twilio_sid}</code> },
      ]}
    />
  );
}
