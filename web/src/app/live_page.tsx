import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import type { ReactElement } from "react";
import { ActiveList } from "../features/calls/active_list";
import { activeCalls } from "../features/calls/api";
import { recentConversations } from "../features/conversations/api";
import { RecentConversations } from "../features/conversations/recent";
import type { Me } from "../lib/types";
import { LoadingFace } from "../ui/faces";
import { Fed } from "../ui/stale";
import { Arrived } from "./arrived";
import classes from "./live_page.module.css";

const Start = lazy(() => import("./start_page").then((module) => ({ default: module.StartPage })));

/** Is there anything to show? Undefined while that is not known. */
function useHasCalls(): boolean | undefined {
  const { data: recent } = useQuery(recentConversations);
  const { data: active } = useQuery(activeCalls);
  if (recent === undefined || active === undefined) return undefined;
  return recent.conversations.length > 0 || active.calls.length > 0;
}

/** What is going on, and what has been; before the first call, how it comes to be. */
export function LivePage({ me }: { me: Me }): ReactElement {
  const hasCalls = useHasCalls();
  const [wasEmpty, setWasEmpty] = useState(false);
  if (hasCalls === false && !wasEmpty) setWasEmpty(true);
  if (hasCalls === false && me.rights.includes("settings.manage"))
    return (
      <div className={classes.start}>
        <Suspense fallback={<LoadingFace rows={6} />}>
          <Start me={me} />
        </Suspense>
      </div>
    );
  return (
    <div className={classes.page}>
      {wasEmpty && (
        <Fed keys={[activeCalls.queryKey]}>
          <Arrived
            onDismiss={() => {
              setWasEmpty(false);
            }}
          />
        </Fed>
      )}
      <div className={classes.columns}>
        <Fed keys={[activeCalls.queryKey]}>
          <ActiveList />
        </Fed>
        <Fed keys={[recentConversations.queryKey]}>
          <RecentConversations />
        </Fed>
      </div>
    </div>
  );
}
