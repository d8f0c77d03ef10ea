import { VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { ReactElement } from "react";
import { partyName } from "../../lib/format";
import { callLook, directionIcon } from "../../lib/look";
import { outcomeLook } from "../../lib/outcome";
import { text } from "../../lib/text";
import type { Call } from "../../lib/types";
import { Drawn } from "../../ui/drawn";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { RunningClock } from "../../ui/time";
import classes from "./card.module.css";
import { answering, isTalking, stageStart, startOf } from "./merge";
import type { CallGroup } from "./merge";

function isSame(a: { group: CallGroup }, b: { group: CallGroup }): boolean {
  const legs = b.group.legs;
  return a.group.call === b.group.call && a.group.legs.length === legs.length && a.group.legs.every((leg, i) => leg === legs[i]);
}

/**
 * One call that is going on, or has just ended: its stage, who calls whom, who answers, and for how long. On a wall there
 * are dozens in sight, so it is made of few elements, each in its cell of the card.
 */
export const CallCard = memo(function CallCard({ group }: { group: CallGroup }): ReactElement {
  const { call } = group;
  return (
    <Link
      to={{ call: call.twilio_sid }}
      className={classes.card}
      data-sid={call.twilio_sid}
      data-status={call.display_status}
      data-final={call.is_final || undefined}
    >
      {call.is_final ? <Outcome call={call} /> : <Stage group={group} />}
      <Parties call={call} />
      {!call.is_final && <Foot group={group} />}
    </Link>
  );
}, isSame);

function Stage({ group }: { group: CallGroup }): ReactElement {
  const { call } = group;
  return (
    <>
      <Mark look={callLook(call.display_status)} moving={!isTalking(call)} />
      <RunningClock since={stageStart(group)} className={classes.clock} />
    </>
  );
}

function Outcome({ call }: { call: Call }): ReactElement {
  return <Mark look={outcomeLook({ ...call, call_status: call.display_status, missed: call.missed === true })} />;
}

function Parties({ call }: { call: Call }): ReactElement {
  return (
    <>
      <span className={classes.from} title={call.from_number}>
        {partyName(call.from_number)}
      </span>
      <Drawn icon="arrow" className={classes.to} title={call.to_number}>
        <VisuallyHidden>{text.party.to} </VisuallyHidden>
        {partyName(call.to_number)}
      </Drawn>
    </>
  );
}

function Foot({ group }: { group: CallGroup }): ReactElement {
  const { call } = group;
  return (
    <>
      <Drawn icon={directionIcon(call.direction)} className={classes.who}>
        {whoOf(group) ?? text.direction[call.direction]}
      </Drawn>
      <RunningClock since={startOf(call)} className={classes.whole} unit={text.calls.inAll} />
    </>
  );
}

/** Where it rings, or who answers; null when no leg tells. */
function whoOf(group: CallGroup): string | null {
  const [first, ...others] = answering(group);
  if (first === undefined) return null;
  const name = partyName(first.to_number);
  const names = others.length === 0 ? name : text.calls.andMore(name, others.length);
  return first.status === "in-progress" ? text.calls.answeredBy(names) : text.calls.ringsAt(names);
}
