import type { ReactElement } from "react";
import classes from "./options.module.css";

type OptionsProps<T extends string> = {
  label: string;
  options: readonly { value: T; word: string; lang?: string }[];
  value: T;
  onChoose: (value: T) => void;
};

/** One of a few; each is chosen by itself, so that no key passes through what was not meant. */
export function Options<T extends string>({ label, options, value, onChoose }: OptionsProps<T>): ReactElement {
  return (
    <div role="group" aria-label={label} className={classes.options}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          lang={option.lang}
          className={classes.option}
          aria-pressed={option.value === value}
          onClick={() => {
            onChoose(option.value);
          }}
        >
          {option.word}
        </button>
      ))}
    </div>
  );
}
