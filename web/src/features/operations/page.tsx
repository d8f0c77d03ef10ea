import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { serverTimeOf } from "../../lib/clock";
import { timeOfDay } from "../../lib/format";
import { healthLook, staleLook } from "../../lib/look";
import { text } from "../../lib/text";
import type { SyncHealth } from "../../lib/types";
import { FailedFace, LoadingStatus, PendingWords } from "../../ui/faces";
import { Mark } from "../../ui/mark";
import { Section } from "../../ui/section";
import { Kept } from "../../ui/stale";
import { drift, flags, jobs, nodes, pipeline, syncHealth } from "./api";
import { Canaries } from "./canaries";
import { Drift } from "./drift";
import { Flags } from "./flags";
import { Jobs } from "./jobs";
import { Nodes } from "./nodes";
import classes from "./page.module.css";
import { Pipeline } from "./pipeline";
import { stagesOf, stagesToCome } from "./stages";

/** Whether everything flows, in what measure, and why not. */
export function OperationsView(): ReactElement {
  const { data, error, dataUpdatedAt, refetch } = useQuery(syncHealth);
  const rates = useQuery(pipeline);
  if (data === undefined)
    return (
      <Page aside={null}>
        {error === null ? <ToCome /> : <FailedFace error={error} retry={() => void refetch()} />}
      </Page>
    );
  const isOld = error !== null;
  return (
    <Page aside={<Mark look={isOld ? staleLook(timeOfDay(serverTimeOf(dataUpdatedAt))) : healthLook(data.status)} />}>
      <Reasons health={data} />
      <Pipeline stages={stagesOf(data, isOld || rates.error === null ? rates.data : undefined)} isOld={isOld} />
    </Page>
  );
}

/**
 * The sections do not wait for one another, and none pushes another about: those that not everybody has stand last. Where
 * there is room for two, what is done stands beside what was found.
 */
function Page({ aside, children }: { aside: ReactNode; children: ReactNode }): ReactElement {
  return (
    <div className={classes.view}>
      <Section title={text.operations.title} aside={aside}>
        {children}
      </Section>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Kept by="polled" keys={[flags.queryKey]}>
            <Flags />
          </Kept>
          <Kept by="polled" keys={[jobs.queryKey]}>
            <Jobs />
          </Kept>
        </div>
        <div className={classes.column}>
          <Kept by="polled" keys={[drift.queryKey]}>
            <Drift />
          </Kept>
          <Kept by="polled" keys={[nodes.queryKey]}>
            <Nodes />
            <Canaries />
          </Kept>
        </div>
      </div>
    </div>
  );
}

/** It has its room while it is on its way, and already says what it will tell. */
function ToCome(): ReactElement {
  return (
    <>
      <LoadingStatus />
      <p className={classes.reasons}>
        <PendingWords>{text.operations.fine}</PendingWords>
      </p>
      <Pipeline stages={stagesToCome()} />
    </>
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
