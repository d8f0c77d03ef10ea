import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { usePlace } from "../../lib/location";
import { peopleWords } from "../../lib/people_words";
import { Asked } from "../../ui/asked";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { LongRecords } from "../../ui/long_records";
import { Section } from "../../ui/section";
import { LOG, auditLog } from "./api";
import { Entry } from "./entry";
import { FilterBar } from "./filter_bar";
import classes from "./page.module.css";

const words = peopleWords.audit;

const KEYS = [LOG];

function toggled(all: ReadonlySet<string>, one: string): ReadonlySet<string> {
  const rest = [...all].filter((each) => each !== one);
  return new Set(all.has(one) ? rest : [...rest, one]);
}

/** Who did what, the latest first. */
export function AuditView(): ReactElement {
  return (
    <Asked keys={KEYS}>
      <Log />
    </Asked>
  );
}

function Log(): ReactElement {
  const filter = usePlace();
  const log = useInfiniteQuery(auditLog(filter));
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set()); // a row that is scrolled away is not drawn, and opens as it was
  const entries = log.data?.pages.flatMap((page) => page.entries);
  return (
    <Section title={words.title} asOf>
      <FilterBar filter={filter} />
      {entries === undefined && log.error === null && <LoadingFace rows={8} />}
      {entries === undefined && log.error !== null && <FailedFace error={log.error} retry={() => void log.refetch()} />}
      {entries?.length === 0 && (
        <div className={classes.empty}>
          <EmptyFace title={words.none}>
            <p>{words.noneBody}</p>
          </EmptyFace>
        </div>
      )}
      {entries !== undefined && entries.length > 0 && (
        <LongRecords label={words.title} paged={log} more={words.older}>
          {entries.map((entry) => (
            <Entry
              key={entry.seq}
              entry={entry}
              isOpen={open.has(entry.seq)}
              onToggle={() => {
                setOpen((known) => toggled(known, entry.seq));
              }}
            />
          ))}
        </LongRecords>
      )}
    </Section>
  );
}
