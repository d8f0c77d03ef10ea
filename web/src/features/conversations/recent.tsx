import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Section } from "../../ui/section";
import { recentConversations } from "./api";
import { ConversationRow } from "./row";
import classes from "./list.module.css";
import { NoConversations } from "./none";

/** With whom there were calls last; the rest is in the view of all calls. */
export function RecentConversations(): ReactElement {
  const { data, error, refetch } = useQuery(recentConversations);
  return (
    <Section title={text.conversations.title} aside={<Link to={{ view: "calls" }}>{text.conversations.all}</Link>}>
      {data === undefined && error === null && <LoadingFace rows={6} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data?.total === 0 && <NoConversations />}
      <ul className={classes.list}>
        {data?.conversations.map((conversation) => (
          <li key={conversation.id}>
            <ConversationRow conversation={conversation} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
