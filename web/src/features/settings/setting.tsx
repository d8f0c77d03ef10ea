import type { ReactElement, ReactNode } from "react";
import { text } from "../../lib/text";
import classes from "./page.module.css";

/** For what is either on or off. */
export const OFF_ON: { value: "off" | "on"; word: string }[] = [
  { value: "off", word: text.settings.off },
  { value: "on", word: text.settings.on },
];

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
