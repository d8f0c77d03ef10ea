import { useRef } from "react";
import type { ChangeEvent, KeyboardEvent, ReactElement } from "react";
import { useKeys } from "../../lib/keys";
import { goTo } from "../../lib/location";
import { text } from "../../lib/text";
import { useTyped } from "../../lib/typed";
import { DayField } from "../../ui/day_field";
import { NO_FILTER, isFiltered } from "./filter";
import type { Filter } from "./filter";
import classes from "./filter_bar.module.css";

/** So long after the last key the search is asked for. */
const TYPING_MS = 200;

/** Search and filters; they are kept in the address. */
export function FilterBar({ filter }: { filter: Filter }): ReactElement {
  const clear = (): void => {
    goTo(NO_FILTER);
  };
  return (
    <search className={classes.bar}>
      <Search q={filter.q ?? ""} />
      <div className={classes.fields}>
        <Toggle name="unread" value={filter.unread} />
        <Toggle name="missed" value={filter.missed} />
        <Toggle name="recording" value={filter.recording} />
        <Choice name="direction" value={filter.direction} all={text.filter.anyDirection} words={text.direction} />
        <Choice name="status" value={filter.status} all={text.filter.anyOutcome} words={text.status} />
        <DayField name="from" value={filter.from} classes={classes} />
        <DayField name="to" value={filter.to} classes={classes} />
        {isFiltered(filter) && (
          <button type="button" className={classes.clear} onClick={clear}>
            {text.filter.clear}
          </button>
        )}
      </div>
    </search>
  );
}

/** What is typed is sought a moment later. What the address says meanwhile, it shows. */
function Search({ q }: { q: string }): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useTyped("q", TYPING_MS);
  useKeys({
    "/": () => {
      field.current?.focus();
    },
  });
  const type = (event: ChangeEvent<HTMLInputElement>): void => {
    setTyped(event.target.value);
  };
  const leave = (event: KeyboardEvent): void => {
    if (event.key === "Escape" || event.key === "Enter") field.current?.blur();
  };
  return (
    <input
      ref={field}
      type="search"
      className={classes.search}
      value={typed ?? q}
      maxLength={100}
      placeholder={text.filter.search}
      aria-label={text.filter.search}
      aria-keyshortcuts="/"
      onChange={type}
      onKeyDown={leave}
    />
  );
}

type ChoiceProps = { name: "direction" | "status"; value: string | null; all: string; words: Record<string, string> };

function Choice({ name, value, all, words }: ChoiceProps): ReactElement {
  const choose = (event: ChangeEvent<HTMLSelectElement>): void => {
    goTo({ [name]: event.target.value === "" ? null : event.target.value });
  };
  return (
    <select className={classes.field} data-set={value !== null || undefined} value={value ?? ""} aria-label={text.filter[name]} onChange={choose}>
      <option value="">{all}</option>
      {Object.entries(words).map(([word, label]) => (
        <option key={word} value={word}>
          {label}
        </option>
      ))}
    </select>
  );
}

function Toggle({ name, value }: { name: "missed" | "recording" | "unread"; value: string | null }): ReactElement {
  const toggle = (): void => {
    goTo({ [name]: value === null ? "true" : null });
  };
  return (
    <button type="button" className={classes.field} data-set={value !== null || undefined} aria-pressed={value !== null} onClick={toggle}>
      {text.filter[name]}
    </button>
  );
}
