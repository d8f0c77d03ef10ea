import type { ReactElement } from "react";
import { peopleWords } from "../../lib/people_words";
import { text } from "../../lib/text";
import type { AuditEntry } from "../../lib/types";
import { Facts } from "../../ui/facts";
import { Record } from "../../ui/records";
import { ExactTime } from "../../ui/time";
import classes from "./page.module.css";
import { sentenceOf, whoOf } from "./sentence";

const words = peopleWords.audit;

type EntryProps = { entry: AuditEntry; isOpen: boolean; onToggle: () => void };

/** What was done, in words; with all that the log keeps of it, when somebody asks. */
export function Entry({ entry, isOpen, onToggle }: EntryProps): ReactElement {
  return (
    <Record
      name={sentenceOf(entry)}
      facts={[
        whoOf(entry),
        <ExactTime key="at" time={entry.ts} />,
        entry.address === null ? null : `${words.from} ${entry.address}`,
        <button key="details" type="button" className={classes.toggle} aria-expanded={isOpen} onClick={onToggle}>
          {words.details}
        </button>,
      ]}
    >
      {isOpen && <Details entry={entry} />}
    </Record>
  );
}

function Details({ entry }: { entry: AuditEntry }): ReactElement {
  return (
    <div className={classes.details}>
      <Facts
        facts={[
          { name: words.action, value: <code>{entry.action}</code> },
          { name: words.entity, value: `${words.entities[entry.entity.type] ?? entry.entity.type} ${entry.entity.id}` },
          { name: text.projects.label, value: entry.project_id },
          { name: words.trace, value: entry.trace_id === null ? null : <code>{entry.trace_id}</code> },
        ]}
      />
      {Object.keys(entry.details).length > 0 && <pre>{JSON.stringify(entry.details, null, 2)}</pre>}
    </div>
  );
}
