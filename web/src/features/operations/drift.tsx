// What the provider had never told, or we had wrong, until it was asked: by day and kind.
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { number } from "../../lib/format";
import { text } from "../../lib/text";
import type { Drift as Found } from "../../lib/types";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Section } from "../../ui/section";
import { Vouched } from "../../ui/stale";
import { drift } from "./api";
import classes from "./page.module.css";

const words = text.operations.drift;

type Day = { day: string; found: Map<string, number> };

function byDay(list: Found["drift"]): Day[] {
  const days = new Map<string, Map<string, number>>();
  for (const { day, kind, found } of list) days.set(day, (days.get(day) ?? new Map<string, number>()).set(kind, found));
  return [...days].map(([day, found]) => ({ day, found }));
}

export function Drift(): ReactElement {
  const { data, error, refetch } = useQuery(drift);
  return (
    <Section title={words.title} asOf>
      {data === undefined && (error === null ? <LoadingFace rows={2} /> : <FailedFace error={error} retry={() => void refetch()} />)}
      {data?.drift.length === 0 && <EmptyFace title={words.none}>{words.noneBody(data.days)}</EmptyFace>}
      {data !== undefined && data.drift.length > 0 && <Table list={data.drift} />}
    </Section>
  );
}

function Table({ list }: { list: Found["drift"] }): ReactElement {
  const kinds = [...new Set(list.map(({ kind }) => kind))].sort();
  // What can be scrolled can be reached by key.
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.frame} tabIndex={0} role="group" aria-label={words.title}>
      <table className={classes.drift}>
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            {kinds.map((kind) => (
              <th key={kind} scope="col">
                {words.kinds[kind] ?? kind}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {byDay(list).map(({ day, found }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {kinds.map((kind) => (
                <td key={kind}>
                  <Vouched>{found.has(kind) ? number(found.get(kind) ?? 0) : "–"}</Vouched>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
