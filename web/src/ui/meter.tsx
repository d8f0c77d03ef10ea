import type { ReactElement } from "react";
import classes from "./meter.module.css";

/** How much of something is used. That it is nearly all is said in words beside it. */
export function Meter({ label, value, most }: { label: string; value: number; most: number }): ReactElement {
  const used = Math.min(value, most);
  return (
    <span role="meter" className={classes.meter} aria-label={label} aria-valuemin={0} aria-valuemax={most} aria-valuenow={used}>
      <i style={{ width: `${(100 * used) / most}%` }} />
    </span>
  );
}
