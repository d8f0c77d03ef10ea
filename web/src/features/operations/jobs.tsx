import type { ReactElement } from "react";
import { text } from "../../lib/text";
import type { SyncHealth } from "../../lib/types";
import { EmptyFace } from "../../ui/faces";
import { ExactTime } from "../../ui/time";
import classes from "./page.module.css";

/** When what the provider never told was looked for, and how that went. */
export function Jobs({ reconcile }: { reconcile: SyncHealth["reconcile"] }): ReactElement {
  const words = text.operations.jobs;
  if (reconcile.jobs.length === 0) return <EmptyFace title={words.none}>{words.noneBody}</EmptyFace>;
  return (
    <table className={classes.jobs}>
      <caption>{words.title}</caption>
      <thead>
        <tr>
          <th scope="col">{words.name}</th>
          <th scope="col">{words.success}</th>
          <th scope="col">{words.failure}</th>
        </tr>
      </thead>
      <tbody>
        {reconcile.jobs.map((job) => (
          <tr key={job.job_name}>
            <th scope="row">{job.job_name}</th>
            <td>{job.last_success_at === null ? words.never : <ExactTime time={job.last_success_at} />}</td>
            <td>
              {job.last_error_at !== null && <ExactTime time={job.last_error_at} />} {job.last_error}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
