import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ReactElement } from "react";
import { allRows } from "../lib/all_rows";
import type { Narrowed, Progress } from "../lib/all_rows";
import { postJson } from "../lib/api";
import { csvHead, csvLines, csvName } from "../lib/csv";
import type { Column } from "../lib/csv";
import { useOffer } from "../lib/offers";
import { saveFile } from "../lib/save";
import { text } from "../lib/text";
import { dayOf } from "../lib/zone";
import classes from "./csv_export.module.css";
import { Icon } from "./icon";
import { Trouble } from "./trouble";

type CsvExportProps<Row> = {
  /** What the audit log says was taken. */
  kind: "conversations" | "calls";
  /** What it exports. */
  label: string;
  /** Of these the file's name is made, and of the day. */
  words: readonly string[];
  /** As of now: zone and language may be chosen anew. */
  columns: () => readonly Column<Row>[];
  source: Narrowed<Row>;
};

/** Whole ones: 100 only at the end. */
function percentOf(progress: Progress | null): number {
  return progress === null || progress.total === 0 ? 0 : Math.floor((100 * progress.done) / progress.total);
}

type Table = { pieces: string[]; rows: number };

/** The table, in pieces of a page each: of many rows only their lines are kept. */
async function tableOf<Row>(columns: readonly Column<Row>[], pages: AsyncIterable<Row[]>): Promise<Table> {
  const table = { pieces: [csvHead(columns)], rows: 0 };
  for await (const rows of pages) {
    table.pieces.push(csvLines(columns, rows));
    table.rows += rows.length;
  }
  return table;
}

/** Collects a table and hands it over as a file, with its progress and a way to stop. */
export function CsvExport<Row>({ kind, label, words, columns, source }: CsvExportProps<Row>): ReactElement {
  const stop = useRef<AbortController | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const { mutate, isPending, error, variables } = useMutation({
    mutationFn: async (signal: AbortSignal) => {
      const { pieces, rows } = await tableOf(columns(), allRows(source, signal, setProgress));
      signal.throwIfAborted();
      await postJson<undefined>("/api/exports", { kind, rows, filter: source.filter }); // who takes what is noted before it is taken
      return pieces;
    },
    onSuccess: (pieces, signal) => {
      if (!signal.aborted) saveFile(csvName(words, dayOf(Date.now())), new Blob(pieces, { type: "text/csv;charset=utf-8" }));
    },
  });
  useEffect(() => () => stop.current?.abort(), []);
  const start = (): void => {
    setProgress(null);
    stop.current = new AbortController();
    mutate(stop.current.signal);
  };
  useOffer(isPending ? null : { label: `${text.csv.export}: ${words.join(" ")}`, act: start });
  const wasStopped = variables?.aborted === true;
  if (!isPending)
    return (
      <div className={classes.export}>
        {error !== null && !wasStopped && <Trouble error={error} />}
        <Button variant="default" size="compact-xs" leftSection={<Icon name="download" size={12} />} title={label} onClick={start}>
          {text.csv.export}
        </Button>
      </div>
    );
  return (
    <div className={classes.export}>
      <span role="status">{text.csv.progress(percentOf(progress))}</span>
      <Button variant="default" size="compact-xs" onClick={() => stop.current?.abort()}>
        {text.csv.cancel}
      </Button>
    </div>
  );
}
