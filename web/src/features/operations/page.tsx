import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { timeOfDay } from "../../lib/format";
import { healthLook, staleLook } from "../../lib/look";
import { text } from "../../lib/text";
import type { SyncHealth } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Mark } from "../../ui/mark";
import { Section } from "../../ui/section";
import { syncHealth } from "./api";
import { Drift } from "./drift";
import { Flags } from "./flags";
import { figuresOf } from "./figures";
import { Jobs } from "./jobs";
import classes from "./page.module.css";

/** Whether everything flows, in what measure, and why not. */
export function OperationsView(): ReactElement {
  const { data, error, dataUpdatedAt, refetch } = useQuery(syncHealth);
  if (data === undefined)
    return (
      <Page aside={null}>
        {error === null ? <LoadingFace rows={6} /> : <FailedFace error={error} retry={() => void refetch()} />}
      </Page>
    );
  const asOf = error === null ? null : <Mark look={staleLook(timeOfDay(new Date(dataUpdatedAt).toISOString()))} />;
  return (
    <Page aside={asOf ?? <Mark look={healthLook(data.status)} />}>
      <Reasons health={data} />
      <Figures health={data} />
    </Page>
  );
}

function Page({ aside, children }: { aside: ReactNode; children: ReactNode }): ReactElement {
  return (
    <div className={classes.view}>
      <Section title={text.operations.title} aside={aside}>
        {children}
      </Section>
      <Flags />
      <Jobs />
      <Drift />
    </div>
  );
}

function Reasons({ health }: { health: SyncHealth }): ReactElement {
  if (health.reasons.length === 0) return <p className={classes.reasons}>{text.operations.fine}</p>;
  return (
    <ul className={classes.reasons} aria-label={text.operations.reasons}>
      {health.reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}

function Figures({ health }: { health: SyncHealth }): ReactElement {
  return (
    <dl className={classes.figures}>
      {figuresOf(health).map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
