import { VisuallyHidden } from "@mantine/core";
import type { ReactElement } from "react";
import { clockTime, partyName, secondsBetween } from "../../lib/format";
import { callLook, directionIcon } from "../../lib/look";
import { text } from "../../lib/text";
import { Icon } from "../../ui/icon";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { answeredAt, clockStart, isTalking, startOf } from "./merge";
import type { CallGroup } from "./merge";
import classes from "./row.module.css";

/** One call that is going on, or has just ended. */
export function CallRow({ group, now }: { group: CallGroup; now: number }): ReactElement {
  const { call, legs } = group;
  const from = partyName(call.from_number);
  const to = partyName(call.to_number);
  return (
    <li data-sid={call.twilio_sid} data-status={call.display_status} data-final={call.is_final || undefined}>
      <Link to={{ call: call.twilio_sid }} className={classes.row}>
        <span className={classes.status}>
          <Mark look={callLook(call.display_status)} moving={!call.is_final && !isTalking(call)} />
        </span>
        <span className={classes.parties}>
          <span title={call.from_number}>{from}</span>
          <span className={classes.to} title={call.to_number}>
            <Icon name="arrow" size={14} />
            <VisuallyHidden>{text.party.to}</VisuallyHidden>
            {to}
          </span>
        </span>
        <span className={classes.direction}>
          <Icon name={directionIcon(call.direction)} size={14} />
          {text.direction[call.direction]}
          {legs.length > 0 && <span className={classes.legs}>{text.calls.transferred(legs.length)}</span>}
        </span>
        <span className={classes.clock}>
          <span className={classes.time}>{clockOf(group, now)}</span>
          <span className={classes.note}>{noteOf(group)}</span>
        </span>
      </Link>
    </li>
  );
}

function clockOf(group: CallGroup, now: number): string {
  const { call } = group;
  if (!call.is_final) return clockTime(secondsBetween(clockStart(group), now));
  const talked = call.talk_time ?? call.duration;
  return talked === null ? "" : clockTime(talked);
}

function noteOf(group: CallGroup): string {
  const answered = answeredAt(group);
  if (group.call.is_final) return text.calls.ended;
  if (!isTalking(group.call) || answered === null) return "";
  return text.calls.waited(clockTime(secondsBetween(startOf(group.call), Date.parse(answered))));
}
