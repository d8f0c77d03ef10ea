import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { ActiveList } from "../features/calls/active_list";
import { recentConversations } from "../features/conversations/api";
import { RecentConversations } from "../features/conversations/recent";
import type { Me } from "../lib/types";
import classes from "./live_page.module.css";

/** What is going on, and what has been. */
export function LivePage({ me }: { me: Me }): ReactElement {
  const { data } = useQuery(recentConversations);
  return (
    <div className={classes.columns}>
      <ActiveList webhookBase={me.webhook_base_url ?? window.location.origin} everCalled={data?.total !== 0} />
      <RecentConversations />
    </div>
  );
}
