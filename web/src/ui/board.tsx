import type { CSSProperties, ReactElement } from "react";
import classes from "./board.module.css";

type BoardProps<T> = {
  /** Cards beside and below one another, or rows. */
  form: "cards" | "rows";
  label: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  item: (item: T) => ReactElement;
};

function numbered(name: "--i" | "--n", value: number): CSSProperties {
  return { [name]: value };
}

/**
 * Things of one size that come, go and change places. Each stands where its number says and not where the
 * others leave room, so that the layout never jumps; it slides to its place if motion is wanted.
 */
export function Board<T>({ form, label, items, keyOf, item }: BoardProps<T>): ReactElement {
  return (
    <div className={classes.around} data-form={form}>
      <ul className={classes.board} style={numbered("--n", items.length)} aria-label={label}>
        {items.map((each, i) => (
          <li key={keyOf(each)} className={classes.place} style={numbered("--i", i)}>
            {item(each)}
          </li>
        ))}
      </ul>
    </div>
  );
}
