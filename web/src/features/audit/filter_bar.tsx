import type { ReactElement } from "react";
import { goTo } from "../../lib/location";
import { peopleWords } from "../../lib/people_words";
import { useTyped } from "../../lib/typed";
import { DayField } from "../../ui/day_field";
import type { Filter } from "./api";
import classes from "./page.module.css";

const words = peopleWords.audit;
/** So long after the last key the log is asked for. */
const TYPING_MS = 250;

/** What is looked for; it stands in the address. */
export function FilterBar({ filter }: { filter: Filter }): ReactElement {
  return (
    <search className={classes.bar}>
      <select
        className={classes.field}
        aria-label={words.action}
        value={filter.action ?? ""}
        onChange={(event) => {
          goTo({ action: event.target.value === "" ? null : event.target.value });
        }}
      >
        <option value="">{words.anyAction}</option>
        {Object.keys(words.did).map((action) => (
          <option key={action} value={action}>
            {peopleWords.audit.kinds[action] ?? action}
          </option>
        ))}
      </select>
      <Actor actor={filter.actor ?? ""} />
      <DayField name="from" value={filter.from} classes={classes} />
      <DayField name="to" value={filter.to} classes={classes} />
    </search>
  );
}

function Actor({ actor }: { actor: string }): ReactElement {
  const [typed, setTyped] = useTyped("actor", TYPING_MS);
  return (
    <input
      type="search"
      className={classes.field}
      aria-label={words.actor}
      placeholder={words.actorHint}
      maxLength={254}
      value={typed ?? actor}
      onChange={(event) => {
        setTyped(event.target.value);
      }}
    />
  );
}
