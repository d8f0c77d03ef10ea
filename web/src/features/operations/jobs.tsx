// What is done again and again by itself: when it is due, how it went, and a run for who asks.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { goTo, usePlace } from "../../lib/location";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import { FailedFace, LoadingStatus, PendingWords } from "../../ui/faces";
import { Record, Records } from "../../ui/records";
import { Section } from "../../ui/section";
import { Polled } from "../../ui/stale";
import { Trouble } from "../../ui/trouble";
import { JOBS_TOLD_EVERY_MS, RUNS, jobs, runJob } from "./api";
import { JobActions, JobRecord } from "./job_record";
import { useProgress } from "./progress";
import { Runs } from "./runs";

const words = text.operations.jobs;

const KEYS = [jobs.queryKey];

/** Which jobs there are is known before how they are. */
function ToCome({ mayRun }: { mayRun: boolean }): ReactElement {
  return (
    <>
      <LoadingStatus />
      <Records label={words.title}>
        {Object.values(words.names).map(({ name, does }) => (
          <Record
            key={name}
            name={name}
            aside={does}
            facts={[<PendingWords key="at">{words.onRequest}</PendingWords>]}
            action={<JobActions name={name} offers={mayRun} />}
          />
        ))}
      </Records>
    </>
  );
}

/** The answers vouch for the list; its runs, which are asked for by themselves, stand outside of that. */
export function Jobs(): ReactElement {
  const client = useQueryClient();
  const mayRun = useMay("jobs.run");
  const isTold = useProgress();
  const { data, error, refetch } = useQuery(isTold ? { ...jobs, refetchInterval: JOBS_TOLD_EVERY_MS } : jobs);
  const { runs } = usePlace();
  const run = useMutation({ mutationFn: runJob, onSettled: () => Promise.all([jobs.queryKey, RUNS].map((queryKey) => client.invalidateQueries({ queryKey }))) });
  const shown = data?.jobs.find(({ name }) => name === runs)?.name;
  return (
    <>
      <Polled keys={KEYS}>
        <Section title={words.title} asOf>
          {data === undefined && (error === null ? <ToCome mayRun={mayRun} /> : <FailedFace error={error} retry={() => void refetch()} />)}
          {run.error !== null && <Trouble error={run.error} />}
          {data !== undefined && (
            <Records label={words.title}>
              {data.jobs.map((job) => (
                <JobRecord key={job.name} job={job} onRun={mayRun && job.offered ? run.mutate : null} onRuns={(name) => { goTo({ runs: name }); }} />
              ))}
            </Records>
          )}
        </Section>
      </Polled>
      {shown !== undefined && <Runs job={shown} name={words.names[shown]?.name ?? shown} onClose={() => { goTo({ runs: null }); }} />}
    </>
  );
}
