import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { adjustTo, goTo } from "../../lib/location";
import { text } from "../../lib/text";
import type { Filter } from "./api";
import classes from "./page.module.css";

const words = text.audit;
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
            {text.audit.kinds[action] ?? action}
          </option>
        ))}
      </select>
      <Actor actor={filter.actor ?? ""} />
      <Day name="from" value={filter.from} />
      <Day name="to" value={filter.to} />
    </search>
  );
}

function Actor({ actor }: { actor: string }): ReactElement {
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => {
    if (typed === null) return;
    const timer = setTimeout(() => {
      adjustTo({ actor: typed === "" ? null : typed });
      setTyped(null);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed]);
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

function Day({ name, value }: { name: "from" | "to"; value: string | null }): ReactElement {
  return (
    <label className={classes.day}>
      <span>{text.filter[name]}</span>
      <input
        type="date"
        className={classes.field}
        value={value ?? ""}
        onChange={(event) => {
          goTo({ [name]: event.target.value === "" ? null : event.target.value });
        }}
      />
    </label>
  );
}
