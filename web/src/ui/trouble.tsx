import type { ReactElement } from "react";
import { ApiError } from "../lib/api";
import classes from "./trouble.module.css";

type TroubleProps = { error: Error; /** The page's own words for answers with these statuses. */ says?: Readonly<Record<number, readonly string[]>> };

/** What went wrong beside what was asked for, and what to do about it. */
export function Trouble({ error, says = {} }: TroubleProps): ReactElement {
  const answer = error instanceof ApiError ? error : null;
  const sentences = says[answer?.status ?? 0] ?? [error.message, ...(answer?.howToFix ?? [])];
  return (
    <div className={classes.trouble} role="alert">
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}
