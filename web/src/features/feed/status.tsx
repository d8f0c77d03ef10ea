import type { ReactElement } from "react";
import { agoOf } from "../../lib/ago";
import { useNow } from "../../lib/clock";
import type { Feed } from "../../lib/feed";
import { staleSince } from "../../lib/feed_state";
import type { FeedState } from "../../lib/feed_state";
import { connectionLook } from "../../lib/look";
import { text } from "../../lib/text";
import { useFeed } from "../../lib/use_feed";
import { HoverCard } from "../../ui/hover_card";
import { Mark } from "../../ui/mark";
import classes from "./status.module.css";

/** `0.1`, `12`: seconds, with a digit behind the point while they are few. */
function secondsOf(ms: number): string {
  const seconds = ms / 1000;
  return text.number(Number(seconds.toFixed(seconds < 10 ? 1 : 0)));
}

function whole(state: FeedState): FeedState {
  return state;
}

/** Whether what is shown is what is going on, how far, and how fresh. */
export function FeedStatus({ feed }: { feed: Feed }): ReactElement {
  const now = useNow();
  const state = useFeed(feed, whole);
  const { lagMs, heardAt } = state;
  const heard = heardAt === null ? text.connection.neverHeard : text.connection.heard(agoOf((now - heardAt) / 1000));
  const seq = text.connection.seq(state.seq);
  const isStale = staleSince(state) !== null;
  return (
    <HoverCard
      target={(describedBy) => (
        <button type="button" className={classes.status} data-connection={state.connection} aria-describedby={describedBy}>
          <span role="status">
            <Mark look={connectionLook(state.connection)} moving={state.connection === "catching-up"} />
          </span>
          <span className={classes.detail}>{seq}</span>
          <span className={classes.detail}>{isStale || lagMs === null ? heard : text.connection.lag(secondsOf(lagMs))}</span>
        </button>
      )}
    >
      <span>{text.connection.explain[state.connection]}</span>
      <span>{`${seq}, ${heard}.`}</span>
      {lagMs !== null && <span>{text.connection.lagExplained(secondsOf(lagMs))}</span>}
    </HoverCard>
  );
}
