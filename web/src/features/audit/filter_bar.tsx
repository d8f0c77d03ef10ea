import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { goTo } from "../../lib/location";
import { me, projects } from "../../lib/me";
import { peopleWords } from "../../lib/people_words";
import { useTyped } from "../../lib/typed";
import { DayField } from "../../ui/day_field";
import type { Filter } from "./api";
import classes from "./page.module.css";

const words = peopleWords.audit;
/** So long after the last key the log is asked for. */
const TYPING_MS = 250;

const ACTIONS = Object.keys(words.did).map((action) => ({ value: action, word: words.kinds[action] ?? action }));
const ENTITIES = Object.entries(words.entities).map(([value, word]) => ({ value, word: word.charAt(0).toUpperCase() + word.slice(1) }));

/** What is looked for; it stands in the address. */
export function FilterBar({ filter }: { filter: Filter }): ReactElement {
  return (
    <search className={classes.bar}>
      <Choice name="action" value={filter.action} label={words.action} any={words.anyAction} options={ACTIONS} />
      <Choice name="entity" value={filter.entity} label={words.entity} any={words.anyEntity} options={ENTITIES} />
      <Where project={filter.of_project} />
      <Actor actor={filter.actor ?? ""} />
      <div className={classes.days}>
        <DayField name="from" value={filter.from} classes={classes} />
        <DayField name="to" value={filter.to} classes={classes} />
      </div>
    </search>
  );
}

type ChoiceProps = {
  /** Its parameter in the address. */
  name: "action" | "entity" | "of_project";
  value: string | null;
  label: string;
  any: string;
  options: readonly { value: string; word: string }[];
};

function Choice({ name, value, label, any, options }: ChoiceProps): ReactElement {
  return (
    <select
      className={classes.field}
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => {
        goTo({ [name]: event.target.value === "" ? null : event.target.value });
      }}
    >
      <option value="">{any}</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.word}
        </option>
      ))}
    </select>
  );
}

/** In which project: for who sees more than one. */
function Where({ project }: { project: string | null }): ReactElement | null {
  const { data: who } = useQuery(me);
  const { data: all = [] } = useQuery(projects);
  const places = all.filter(({ org_id }) => org_id === who?.org?.id).map(({ id, name }) => ({ value: id, word: name }));
  if (!who?.org_rights.includes("audit.read") || (places.length < 2 && project === null)) return null;
  return <Choice name="of_project" value={project} label={words.where} any={words.anywhere} options={places} />;
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
