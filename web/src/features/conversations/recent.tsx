import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import type { Conversation } from "../../lib/types";
import { Board } from "../../ui/board";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Section } from "../../ui/section";
import { recentConversations } from "./api";
import { ConversationRow } from "./row";
import classes from "./list.module.css";
import { NoConversations } from "./none";
import { latestCall, useUnread } from "./unread";

function idOf({ id }: Conversation): string {
  return id;
}

/** With whom there were calls last; the rest is in the view of all calls. */
export function RecentConversations(): ReactElement {
  const { data, error, refetch } = useQuery(recentConversations);
  const { isUnread } = useUnread();
  const row = (conversation: Conversation): ReactElement => (
    <div className={classes.recent}>
      <ConversationRow conversation={conversation} unread={isUnread(conversation.id, latestCall(conversation))} />
    </div>
  );
  return (
    <Section
      title={text.conversations.title}
      asOf
      aside={<Link to={{ view: "calls" }}>{text.conversations.all}</Link>}
      scrolls
    >
      {data === undefined && error === null && <LoadingFace rows={6} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data?.total === 0 && <NoConversations />}
      {data !== undefined && (
        <Board form="rows" label={text.conversations.title} items={data.conversations} keyOf={idOf} item={row} />
      )}
    </Section>
  );
}
