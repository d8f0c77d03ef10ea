import type { ChangeEvent, ReactElement } from "react";
import { goTo } from "../lib/location";
import { text } from "../lib/text";

type DayFieldProps = {
  /** Its parameter in the address. */
  name: "from" | "to";
  value: string | null;
  /** Of the label around it, and of the field itself. */
  classes: { day?: string; field?: string };
};

/** One end of a span of days, kept in the address. */
export function DayField({ name, value, classes }: DayFieldProps): ReactElement {
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    goTo({ [name]: event.target.value === "" ? null : event.target.value });
  };
  return (
    <label className={classes.day}>
      <span>{text.filter[name]}</span>
      <input type="date" className={classes.field} data-set={value !== null || undefined} value={value ?? ""} onChange={choose} />
    </label>
  );
}
