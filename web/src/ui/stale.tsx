import type { ReactElement, ReactNode } from "react";
import { timeOfDay } from "../lib/format";
import { useStaleSince } from "../lib/fresh";
import { staleLook } from "../lib/look";
import { Mark } from "./mark";
import classes from "./stale.module.css";

/** For a list as a whole: as of when it is so. Nothing while the feed vouches for it. */
export function AsOf(): ReactElement | null {
  const since = useStaleSince();
  return since === null ? null : <Mark look={staleLook(timeOfDay(since))} />;
}

/** One number that the feed keeps up to date; dotted while it does not. */
export function Vouched({ children }: { children: ReactNode }): ReactElement {
  const since = useStaleSince();
  if (since === null) return <span>{children}</span>;
  return (
    <span className={classes.stale} data-stale title={staleLook(timeOfDay(since)).word}>
      {children}
    </span>
  );
}
