import type { ReactElement } from "react";
import type { FindingAbout } from "../../lib/finding_words";
import type { Look } from "../../lib/look";
import { connectionWords } from "../../lib/connection_words";
import { text } from "../../lib/text";
import type { Finding, FindingState, RefusalReason } from "../../lib/types";
import { CopyLine } from "../../ui/copy_line";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import classes from "./check.module.css";

const words = connectionWords;

const LOOKS: { [S in FindingState]: [Look["shape"], Look["tone"]] } = {
  good: ["check", "good"],
  unknown: ["dots", "waiting"],
  warn: ["alert", "warn"],
  bad: ["alert", "bad"],
};

export function findingLook(state: FindingState): Look {
  const [shape, tone] = LOOKS[state];
  return { shape, tone, word: words.check.state[state] };
}

/** Whose remedy is in the settings of the project. */
const IN_SETTINGS: readonly string[] = ["no_numbers", "number_missing", "number_unlisted"];

function isReason(found: string): found is RefusalReason {
  return found in text.start.first.reasons;
}

/** What it is, and what to do about it; why an event was refused has words of its own. */
function saidOf({ code, found }: Finding, about: FindingAbout): { title: string; fix: string | undefined } {
  if (code === "events_refused" && found !== null && isReason(found)) {
    const { title, fix } = text.start.first.reasons[found];
    return { title: `${words.check.of[code].title(about)} ${title}`, fix: fix(about.base) };
  }
  const { title, fix } = words.check.of[code];
  return { title: title(about), fix: fix?.(about) };
}

/** One thing that was looked at: how it is, and how it is mended. */
export function FindingRow({ finding, base }: { finding: Finding; base: string }): ReactElement {
  const { code, state, account, number, found, expected } = finding;
  const { title, fix } = saidOf(finding, { account: account ?? "", number: number ?? "", found: found ?? "", base });
  const isAddress = state !== "good" && expected !== null && expected.includes("://");
  return (
    <li className={classes.finding} data-code={code}>
      <Mark look={findingLook(state)} />
      <div>
        <p className={classes.title}>{title}</p>
        {fix !== undefined && <p className={classes.fix}>{fix}</p>}
        {isAddress && (
          <div className={classes.expected}>
            <CopyLine label={words.expected} value={expected} />
          </div>
        )}
        {IN_SETTINGS.includes(code) && <Link to={{ view: "settings", open: "project" }}>{words.openSettings}</Link>}
      </div>
    </li>
  );
}
