import { useRef } from "react";
import type { CSSProperties, ReactElement } from "react";
import { useWalkedRows } from "../lib/walk";
import classes from "./board.module.css";
import { useInSight } from "./in_sight";
import { useKeptFocus } from "./kept_focus";

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
 * others leave room, so that the layout never jumps; it slides to its place if motion is wanted. Of many only
 * those in sight exist.
 */
export function Board<T>({ form, label, items, keyOf, item }: BoardProps<T>): ReactElement {
  const board = useRef<HTMLUListElement>(null);
  const [first, end] = useInSight(board);
  useWalkedRows(board, ":scope > li");
  useKeptFocus(board);
  return (
    <div className={classes.around} data-form={form}>
      <ul ref={board} className={classes.board} style={numbered("--n", items.length)} aria-label={label}>
        {items.slice(first, end).map((each, i) => (
          <li
            key={keyOf(each)}
            className={classes.place}
            style={numbered("--i", first + i)}
            aria-posinset={first + i + 1}
            aria-setsize={items.length}
          >
            {item(each)}
          </li>
        ))}
      </ul>
    </div>
  );
}
