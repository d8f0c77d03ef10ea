import type { ReactElement, ReactNode } from "react";
import classes from "./page.module.css";

type SettingProps = { name: string; note: ReactNode; children: ReactNode };

/** One line: what it is about, and the control that changes it. */
export function Setting({ name, note, children }: SettingProps): ReactElement {
  return (
    <div className={classes.setting}>
      <div>
        <h3>{name}</h3>
        {note !== null && <p>{note}</p>}
      </div>
      <div className={classes.control}>{children}</div>
    </div>
  );
}
