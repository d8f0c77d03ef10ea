import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { useStaleSince } from "../../lib/fresh";
import { healthLook } from "../../lib/look";
import { text } from "../../lib/text";
import type { SyncHealth } from "../../lib/types";
import { Asked } from "../../ui/asked";
import { FailedFace, LoadingStatus, PendingWords } from "../../ui/faces";
import { Mark } from "../../ui/mark";
import { Section } from "../../ui/section";
import { Polled } from "../../ui/stale";
import { drift, flags, nodes, pipeline, syncHealth } from "./api";
import { Canaries } from "./canaries";
import { Drift } from "./drift";
import { Flags } from "./flags";
import { Jobs } from "./jobs";
import { Nodes } from "./nodes";
import classes from "./page.module.css";
import { Pipeline } from "./pipeline";
import { stagesOf, stagesToCome } from "./stages";

/** So rarely that it is as if it were asked for once. */
const DRIFT = [drift.queryKey];

/** Whether everything flows, in what measure, and why not. */
export function OperationsView(): ReactElement {
  const { data, error, refetch } = useQuery(syncHealth);
  const rates = useQuery(pipeline);
  if (data === undefined)
    return (
      <Page aside={null}>
        {error === null ? <ToCome /> : <FailedFace error={error} retry={() => void refetch()} />}
      </Page>
    );
  const isOld = error !== null;
  return (
    <Page aside={<Health status={data.status} />}>
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
      <Polled keys={[syncHealth.queryKey]}>
        <Section title={text.operations.title} asOf aside={aside}>
          {children}
        </Section>
      </Polled>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Polled keys={[flags.queryKey]}>
            <Flags />
          </Polled>
          <Jobs />
        </div>
        <div className={classes.column}>
          <Asked keys={DRIFT}>
            <Drift />
          </Asked>
          <Polled keys={[nodes.queryKey]}>
            <Nodes />
            <Canaries />
          </Polled>
        </div>
      </div>
    </div>
  );
}

/** How it is; of what was, the colour says nothing any more. */
function Health({ status }: { status: SyncHealth["status"] }): ReactElement {
  const look = healthLook(status);
  return <Mark look={useStaleSince() === null ? look : { ...look, tone: "quiet" }} />;
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
