import { VisuallyHidden } from "@mantine/core";
import type { ReactElement } from "react";
import { partyName } from "../../lib/format";
import { callLook, directionIcon } from "../../lib/look";
import { text } from "../../lib/text";
import type { Call } from "../../lib/types";
import { Drawn } from "../../ui/drawn";
import { Icon } from "../../ui/icon";
import { Mark } from "../../ui/mark";
import { AsOf } from "../../ui/stale";
import classes from "./record.module.css";

/** Who called whom, and how it stands. */
export function CallHeading({ call }: { call: Call }): ReactElement {
  return (
    <div className={classes.heading}>
      <h3>
        <span>{partyName(call.from_number)}</span>
        <Drawn icon="arrow">
          <VisuallyHidden>{text.party.to} </VisuallyHidden>
          {partyName(call.to_number)}
        </Drawn>
      </h3>
      <p>
        <Mark look={callLook(call.display_status)} />
        <small>
          <Icon name={directionIcon(call.direction)} size={14} />
          {text.direction[call.direction]}
        </small>
      </p>
      <AsOf />
    </div>
  );
}
