import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { connectionWords } from "../../lib/connection_words";
import type { ConnectionCheck, Me } from "../../lib/types";
import { Section } from "../../ui/section";
import { Age } from "../../ui/time";
import { Trouble } from "../../ui/trouble";
import { connectionCheck } from "./api";
import classes from "./check.module.css";
import { FindingRow } from "./finding";

const words = connectionWords;

/** Asks whether everything leads here, and tells exactly what does not. */
export function Check({ me, title = words.checkTitle }: { me: Me; title?: string }): ReactElement {
  const { data, error, isFetching, refetch } = useQuery(connectionCheck);
  const ask = (
    <Button size="xs" loading={isFetching} onClick={() => void refetch()}>
      {data === undefined ? words.checkNow : words.checkAgain}
    </Button>
  );
  return (
    <Section title={title} aside={ask}>
      <p className={classes.note} role="status">
        {isFetching ? words.checking : data === undefined ? words.checkNote : <Checked at={data.checked_at} />}
      </p>
      {error !== null && !isFetching && <Trouble error={error} />}
      {data !== undefined && <Findings check={data} base={me.webhook_base_url ?? window.location.origin} />}
    </Section>
  );
}

function Checked({ at }: { at: string }): ReactElement {
  return (
    <>
      {words.checked} <Age time={at} />
    </>
  );
}

const BY_STATE = ["bad", "warn", "unknown", "good"];

/** What is to be mended first. */
function Findings({ check: { findings, state }, base }: { check: ConnectionCheck; base: string }): ReactElement {
  const sorted = findings.toSorted((a, b) => BY_STATE.indexOf(a.state) - BY_STATE.indexOf(b.state));
  return (
    <ul className={classes.findings} aria-label={words.checkTitle} data-state={state}>
      {sorted.map((finding) => (
        <FindingRow key={`${finding.code} ${finding.account ?? ""} ${finding.number ?? ""}`} finding={finding} base={base} />
      ))}
    </ul>
  );
}
