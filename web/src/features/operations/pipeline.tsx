// The way of an event, drawn: where it is, how fast it goes, and where it waits.
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Mark } from "../../ui/mark";
import { Vouched } from "../../ui/stale";
import classes from "./pipeline.module.css";
import type { Stage } from "./stages";

export function Pipeline({ stages, isOld = false }: { stages: Stage[]; isOld?: boolean }): ReactElement {
  return (
    <ol className={classes.way} aria-label={text.operations.way} data-old={isOld || undefined}>
      {stages.map((stage) => (
        <Station key={stage.name} stage={stage} />
      ))}
    </ol>
  );
}

function Station({ stage: { name, figures, trouble, flows } }: { stage: Stage }): ReactElement {
  return (
    <li className={classes.station} data-flows={flows || undefined} data-trouble={trouble?.tone}>
      <h3>{name}</h3>
      <dl>
        {figures.map(({ name: of, value, note }) => (
          <div key={of}>
            <dt>{of}</dt>
            <dd>
              <Vouched>{value}</Vouched>
              <small>{note}</small>
            </dd>
          </div>
        ))}
      </dl>
      {trouble !== null && <Mark look={trouble} />}
    </li>
  );
}
