import { Suspense, lazy, useEffect, useState } from "react";
import type { ReactElement } from "react";
import type { Feed } from "../lib/feed";
import { isAnchored, staleSince } from "../lib/feed_state";
import { StaleSince } from "../lib/fresh";
import { usePlace } from "../lib/location";
import { useChosen } from "../lib/preferences";
import { useTitle } from "../lib/title";
import type { Me } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { Boundary } from "../ui/boundary";
import { FailedFace, LoadingFace, MayNot } from "../ui/faces";
import { Commands, useCommands } from "./commands";
import { Header } from "./header";
import { followFeed } from "./live";
import { Panels } from "./panels";
import { mayOpen, routes } from "./routes";
import classes from "./shell.module.css";

const ReplayNotice = lazy(() => import("../features/inbox/replay_notice").then((module) => ({ default: module.ReplayNotice })));

const SoundWaits = lazy(() => import("./sound_waits").then((module) => ({ default: module.SoundWaits })));

/** How far a replay is, that was begun in the inbox: nowhere before that was looked at. */
function Replay({ isInbox }: { isInbox: boolean }): ReactElement | null {
  const [mayRun, setMayRun] = useState(isInbox);
  if (isInbox && !mayRun) setMayRun(true);
  if (isInbox || !mayRun) return null;
  return (
    <Suspense fallback={null}>
      <ReplayNotice />
    </Suspense>
  );
}

/** The page of somebody who is signed in. Nothing is loaded before the feed has its anchor. */
export function Shell({ me, feed }: { me: Me; feed: Feed }): ReactElement {
  const hasData = useFeed(feed, isAnchored);
  const error = useFeed(feed, (state) => state.error);
  const since = useFeed(feed, staleSince);
  useEffect(() => {
    followFeed(feed);
  }, [feed]);
  const { view, open } = usePlace();
  const commands = useCommands(hasData);
  const route = routes.find((known) => known.view === view) ?? routes[0];
  const View = route.component;
  useTitle("view", route.label);
  useTitle("project", me.project?.name ?? null);
  const sound = useChosen("sound");
  useChosen("zone"); // every time on the page is told in it
  return (
    <StaleSince value={since}>
      <div className={classes.page} data-fills={route.fills}>
        <Header me={me} feed={feed} route={route} onCommand={commands.show} />
        <main className={classes.main}>
          {!hasData && error !== null && <FailedFace error={error} retry={feed.wake} />}
          {!hasData && error === null && <LoadingFace rows={6} />}
          {hasData && (
            <Boundary of={[view, open].join("/")}>
              <Suspense fallback={<LoadingFace rows={6} />}>
                {mayOpen(route, me.rights) ? <View me={me} /> : <MayNot right={route.needs} />}
              </Suspense>
            </Boundary>
          )}
        </main>
        {hasData && <Panels />}
        <Boundary of={route.view} frame={() => <></>}>
          <Replay isInbox={route.view === "inbox"} />
        </Boundary>
        {sound === "on" && (
          <Boundary of={null} frame={() => <></>}>
            <Suspense fallback={null}>
              <SoundWaits />
            </Suspense>
          </Boundary>
        )}
        <Commands {...commands} me={me} />
      </div>
    </StaleSince>
  );
}
