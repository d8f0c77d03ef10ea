// The history of a job, beside the page.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ReactElement } from "react";
import { duration } from "../../lib/format";
import { text } from "../../lib/text";
import { failureWords } from "../../lib/told";
import type { JobRun } from "../../lib/types";
import { Asked } from "../../ui/asked";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Panel } from "../../ui/panel";
import { Record, Records } from "../../ui/records";
import { ExactTime } from "../../ui/time";
import { jobRuns } from "./api";
import classes from "./page.module.css";
import { found, runLook } from "./run_words";

const words = text.operations.jobs;

function took({ started_at: began, ended_at: ended }: JobRun): string | null {
  return began === null || ended === null ? null : words.took(duration(Date.parse(ended) - Date.parse(began)));
}

type RunsProps = { job: string; name: string; onClose: () => void };

export function Runs(props: RunsProps): ReactElement {
  const { job } = props;
  const keys = useMemo(() => [jobRuns(job).queryKey], [job]);
  return (
    <Asked keys={keys}>
      <History {...props} />
    </Asked>
  );
}

function History({ job, name, onClose }: RunsProps): ReactElement {
  const list = useInfiniteQuery(jobRuns(job));
  const all = list.data?.pages.flatMap(({ runs }) => runs);
  return (
    <Panel title={words.runsOf(name)} onClose={onClose} asOf flush>
      {all === undefined && (list.error === null ? <LoadingFace rows={4} /> : <FailedFace error={list.error} retry={() => void list.refetch()} />)}
      {all?.length === 0 && <EmptyFace title={words.state.never}>{words.noRuns}</EmptyFace>}
      {all !== undefined && all.length > 0 && (
        <Records label={words.runsOf(name)} paged={list} more={words.more}>
          {all.map((run) => (
            <Record
              key={run.id}
              name={<ExactTime time={run.started_at ?? run.asked_at} />}
              state={runLook(run.state)}
              facts={[took(run), ...found(run), run.asked_by === null ? null : words.askedBy(run.asked_by)]}
            >
              {run.error !== null && <p className={classes.failure}>{failureWords(run.error)}</p>}
            </Record>
          ))}
        </Records>
      )}
    </Panel>
  );
}
