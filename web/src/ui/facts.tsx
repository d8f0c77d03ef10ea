import type { ReactElement, ReactNode } from "react";
import classes from "./facts.module.css";

export type Fact = { name: string; value: ReactNode };

/** Names and values; what has no value is left out. */
export function Facts({ facts }: { facts: Fact[] }): ReactElement {
  return (
    <dl className={classes.facts}>
      {facts
        .filter((fact) => fact.value !== null)
        .map((fact) => (
          <div key={fact.name}>
            <dt>{fact.name}</dt>
            <dd>{fact.value}</dd>
          </div>
        ))}
    </dl>
  );
}
