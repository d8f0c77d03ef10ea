// The parts of a form: named fields, their notes, and what went wrong.
import { useId, useState } from "react";
import type { ComponentProps, ReactElement, ReactNode } from "react";
import { onSend } from "../lib/form";
import { text } from "../lib/text";
import classes from "./form.module.css";

type FormProps = { onSend: Parameters<typeof onSend>[0]; inDialog?: boolean; children: ReactNode };

/** Fields below one another; what they hold is handed over by their names. */
export function Form({ onSend: take, inDialog = false, children }: FormProps): ReactElement {
  return (
    <form className={inDialog ? `${classes.form ?? ""} ${classes.dialog ?? ""}` : classes.form} onSubmit={onSend(take)}>
      {children}
    </form>
  );
}

/** The buttons below the fields. */
export function Answers({ children }: { children: ReactNode }): ReactElement {
  return <div className={classes.answers}>{children}</div>;
}

type FieldProps = ComponentProps<"input"> & { label: string; name: string; note?: string };

export function Field({ label, note, ...input }: FieldProps): ReactElement {
  const id = useId();
  return (
    <div className={classes.field}>
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={note === undefined ? undefined : `${id}-note`} {...input} />
      {note !== undefined && <small id={`${id}-note`}>{note}</small>}
    </div>
  );
}

/** A password, which can be shown to who types it. */
export function PasswordField(props: FieldProps): ReactElement {
  const [isShown, setShown] = useState(false);
  return (
    <>
      <Field {...props} type={isShown ? "text" : "password"} maxLength={128} required={props.required ?? true} />
      <label className={classes.show}>
        <input
          type="checkbox"
          checked={isShown}
          onChange={() => {
            setShown(!isShown);
          }}
        />
        {text.door.showPassword}
      </label>
    </>
  );
}

type SelectProps = ComponentProps<"select"> & { label: string; name: string; options: readonly { value: string; word: string }[]; note?: string };

export function SelectField({ label, options, note, ...select }: SelectProps): ReactElement {
  const id = useId();
  return (
    <div className={classes.field}>
      <label htmlFor={id}>{label}</label>
      <select id={id} aria-describedby={note === undefined ? undefined : `${id}-note`} {...select}>
        {options.map(({ value, word }) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
      {note !== undefined && <small id={`${id}-note`}>{note}</small>}
    </div>
  );
}

type ChecksProps = { label: string; name: string; options: readonly { value: string; word: string; note: string }[]; note: string };

/** Some of several. */
export function Checks({ label, name, options, note }: ChecksProps): ReactElement {
  return (
    <fieldset className={classes.checks}>
      <legend>{label}</legend>
      <small>{note}</small>
      {options.map((option) => (
        <label key={option.value}>
          <input type="checkbox" name={name} value={option.value} />
          <span>
            {option.word} <small>{option.note}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
