import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Pager } from "../../ui/pager";
import { Section } from "../../ui/section";
import { conversationPage } from "./api";
import { ConversationRow } from "./row";
import classes from "./list.module.css";

/** With whom there were calls, the latest first. */
export function ConversationList(): ReactElement {
  const [page, setPage] = useState(1);
  const { data, error, refetch } = useQuery(conversationPage(page));
  return (
    <Section title={text.conversations.title}>
      {data === undefined && error === null && <LoadingFace rows={6} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data?.total === 0 && (
        <EmptyFace title={text.conversations.none}>
          <p>{text.conversations.noneBody}</p>
        </EmptyFace>
      )}
      <ul className={classes.list}>
        {data?.conversations.map((conversation) => (
          <ConversationRow key={conversation.id} conversation={conversation} />
        ))}
      </ul>
      {data !== undefined && (
        <Pager label={text.conversations.pages} page={page} limit={data.limit} total={data.total} onPage={setPage} />
      )}
    </Section>
  );
}
