import type { ReactElement, ReactNode } from "react";
import { clockTime, money } from "../../lib/format";
import { text } from "../../lib/text";
import type { Call } from "../../lib/types";
import { Facts } from "../../ui/facts";
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

/** What is known about a call; what is not known is not shown. */
export function CallFacts({ call }: { call: Call }): ReactElement {
  const total = call.total_duration ?? call.duration;
  const talkingSince = call.is_final ? null : call.answered_at;
  return (
    <Facts
      facts={[
        { name: text.call.from, value: <Address number={call.from_number} /> },
        { name: text.call.to, value: <Address number={call.to_number} /> },
        { name: text.call.started, value: <ExactTime time={startOf(call)} /> },
        { name: text.call.answered, value: orNull(call.answered_at, exact) },
        { name: text.call.ended, value: orNull(call.end_time, exact) },
        { name: text.call.wait, value: orNull(call.wait_time, clockTime) },
        {
          name: text.call.talk,
          value: talkingSince !== null ? <RunningClock since={talkingSince} /> : orNull(call.talk_time, clockTime),
        },
        { name: text.call.total, value: orNull(total, clockTime) },
        { name: text.call.price, value: orNull(call.price, (price) => money(price, call.price_unit ?? "USD")) },
        { name: text.call.providerStatus, value: call.status === call.display_status ? null : call.status },
        { name: text.call.filtered, value: call.visibility === "filtered" ? text.call.filteredWhy : null },
        { name: text.call.sid, value: <code>{call.twilio_sid}</code> },
      ]}
    />
  );
}
