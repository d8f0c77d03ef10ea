import type { ReactElement } from "react";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import type { Me } from "../../lib/types";
import { Mark } from "../../ui/mark";
import { isPublic } from "./arrival";
import classes from "./page.module.css";

const words = text.start.server;

const READY: Look = { shape: "check", tone: "good", word: words.ready };
const TO_DO: Look = { shape: "alert", tone: "warn", word: words.toDo };

type ThisServerProps = { base: string; features: Me["features"] };

/** A sandbox stands beside the server, Twilio on the internet. */
function addressCheck(base: string, isDemo: boolean) {
  if (isDemo) return { holds: true, good: words.isNear(base), bad: "" };
  return { holds: isPublic(base), good: words.isPublic(base), bad: words.notPublic(base) };
}

/** What must hold here before Twilio can tell anything. */
export function ThisServer({ base, features }: ThisServerProps): ReactElement {
  const checks = [
    addressCheck(base, features.demo_calls),
    { holds: features.webhook_ingestion, good: words.ingests, bad: words.doesNotIngest },
  ];
  return (
    <ul className={classes.checks}>
      {checks.map(({ holds, good, bad }) => (
        <li key={good} data-holds={holds}>
          <Mark look={holds ? READY : TO_DO} />
          <span>{holds ? good : bad}</span>
        </li>
      ))}
    </ul>
  );
}
