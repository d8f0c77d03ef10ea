import { Button, Progress } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import { failureWords } from "../../lib/told";
import type { Job, JobRun } from "../../lib/types";
import { Record } from "../../ui/records";
import { Vouched } from "../../ui/stale";
import { Age, ShortTime } from "../../ui/time";
import { isUnderWay } from "./api";
import classes from "./page.module.css";
import { found, runLook } from "./run_words";

const words = text.operations.jobs;

function lookOf({ enabled, latest }: Job): Look {
  return runLook(!enabled && !isUnderWay(latest) ? "off" : (latest?.state ?? "never"));
}

function when(word: string, time: ReactNode): ReactNode {
  return (
    <>
      {word} {time}
    </>
  );
}

function factsOf({ enabled, latest, next_run_at: next }: Job): ReactNode[] {
  return [
    latest?.ended_at == null ? null : when(words.ended, <Age time={latest.ended_at} />),
    ...(latest === null ? [] : found(latest)),
    latest?.asked_by == null ? null : words.askedBy(latest.asked_by),
    !enabled || isUnderWay(latest) ? null : next === null ? words.onRequest : when(words.next, <ShortTime time={next} />),
  ];
}

function How({ run }: { run: JobRun }): ReactElement {
  const share = run.total > 0 ? (100 * run.done) / run.total : 100;
  return (
    <div className={classes.progress}>
      <Progress value={share} animated={run.total === 0} aria-label={words.progress} size="sm" />
      <small>
        <Vouched>{run.total > 0 ? words.doneOf(run.done, run.total) : words.done(run.done)}</Vouched>
      </small>
    </div>
  );
}

type JobActionsProps = {
  name: string;
  /** Whether a run may be asked for at all. */
  offers: boolean;
  onRuns?: () => void;
  /** Without it none may be asked for just now. */
  onRun?: (() => void) | undefined;
};

/** The same for every job and at all times, so that none of them moves another. */
export function JobActions({ name, offers, onRuns, onRun }: JobActionsProps): ReactElement {
  return (
    <>
      <Button variant="subtle" size="xs" disabled={onRuns === undefined} aria-haspopup="dialog" aria-label={words.runsOf(name)} onClick={onRuns}>
        {words.runs}
      </Button>
      {offers && (
        <Button variant="default" size="xs" disabled={onRun === undefined} aria-label={words.runLabel(name)} onClick={onRun}>
          {words.run}
        </Button>
      )}
    </>
  );
}

type JobRecordProps = { job: Job; onRun: ((name: string) => void) | null; onRuns: (name: string) => void };

/** One job: what it is for, how its last run went or how far this one is, and when it is due again. */
export function JobRecord({ job, onRun, onRuns }: JobRecordProps): ReactElement {
  const { name, does } = words.names[job.name] ?? { name: job.name, does: undefined };
  const { latest, enabled } = job;
  const run = (): void => {
    onRun?.(job.name);
  };
  return (
    <Record
      name={name}
      aside={does}
      state={lookOf(job)}
      facts={factsOf(job)}
      action={
        <JobActions
          name={name}
          offers={onRun !== null}
          onRuns={() => {
            onRuns(job.name);
          }}
          onRun={enabled && !isUnderWay(latest) ? run : undefined}
        />
      }
    >
      {latest?.state === "running" && <How run={latest} />}
      {latest?.state === "failed" && (
        <p className={classes.failure}>
          {latest.error !== null && failureWords(latest.error)}
          {job.failures > 1 && ` (${words.failures(job.failures)})`}
        </p>
      )}
    </Record>
  );
}
