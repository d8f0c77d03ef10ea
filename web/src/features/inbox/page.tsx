import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Pager } from "../../ui/pager";
import { Section } from "../../ui/section";
import { inboxPage } from "./api";
import type { InboxFilter } from "./api";
import classes from "./page.module.css";
import { ReplayAll } from "./replay_all";
import { InboxRow } from "./row";

const FILTERS: { value: InboxFilter; label: string }[] = [
  { value: "all", label: text.inbox.all },
  { value: "dead_letter", label: text.inbox.deadLetters },
  { value: "failed", label: text.inbox.processing.failed },
  { value: "pending", label: text.inbox.processing.pending },
];

/** The received webhooks, and what became of each. */
export function InboxSection({ mayReplay }: { mayReplay: boolean }): ReactElement {
  const [filter, setFilter] = useState<InboxFilter>("all");
  const [page, setPage] = useState(1);
  const { data, error, refetch } = useQuery(inboxPage(filter, page));
  const choose = (value: string): void => {
    setFilter(FILTERS.find((known) => known.value === value)?.value ?? "all");
    setPage(1);
  };
  return (
    <Section
      title={text.inbox.title}
      aside={
        <>
          <SegmentedControl size="xs" data={FILTERS} value={filter} onChange={choose} aria-label={text.inbox.filter} />
          {mayReplay && <ReplayAll />}
        </>
      }
    >
      {data === undefined && error === null && <LoadingFace rows={8} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data?.total === 0 && (
        <EmptyFace title={text.inbox.none}>
          <p>{filter === "all" ? text.inbox.noneYetBody : text.inbox.noneBody}</p>
        </EmptyFace>
      )}
      <ul className={classes.list}>
        {data?.events.map((event) => (
          <InboxRow key={event.id} event={event} mayReplay={mayReplay} />
        ))}
      </ul>
      {data !== undefined && (
        <Pager label={text.inbox.pages} page={page} limit={data.limit} total={data.total} onPage={setPage} />
      )}
    </Section>
  );
}
