import type { ReactElement } from "react";
import { ApiError } from "../lib/api";
import classes from "./trouble.module.css";

/** What went wrong beside what was asked for, and what to do about it. */
export function Trouble({ error }: { error: Error }): ReactElement {
  const fixes = error instanceof ApiError ? error.howToFix : [];
  return (
    <div className={classes.trouble} role="alert">
      <p>{error.message}</p>
      {fixes.map((fix) => (
        <p key={fix}>{fix}</p>
      ))}
    </div>
  );
}
