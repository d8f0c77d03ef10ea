import type { ReactElement } from "react";
import { partyName } from "../../lib/format";
import { callLook } from "../../lib/look";
import { usePlace } from "../../lib/location";
import { text } from "../../lib/text";
import type { Call } from "../../lib/types";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { Vouched } from "../../ui/stale";
import classes from "./record.module.css";

/** The other legs of a call, each with details of its own in the place of these: beside a list, or a page by itself. */
export function Legs({ legs }: { legs: Call[] }): ReactElement | null {
  const isBeside = usePlace().call !== null;
  if (legs.length === 0) return null;
  return (
    <>
      <h3 className={classes.subtitle}>{text.call.legs}</h3>
      <ul className={classes.legs}>
        {legs.map((leg) => (
          <li key={leg.twilio_sid}>
            <Link to={isBeside ? { call: leg.twilio_sid, as_of: null } : { open: leg.twilio_sid, as_of: null }} className={classes.leg}>
              <span>{`${partyName(leg.from_number)} → ${partyName(leg.to_number)}`}</span>
              <Vouched>
                <Mark look={callLook(leg.status)} />
              </Vouched>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
