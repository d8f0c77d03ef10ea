import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { StaleSince } from "../../lib/fresh";
import { useKeys } from "../../lib/keys";
import type { Keys } from "../../lib/keys";
import { goTo, usePlace } from "../../lib/location";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import type { CallDetail, CallEvent } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { RecordingPlayer } from "../../ui/recording";
import { Fed } from "../../ui/stale";
import { callDetail } from "./api";
import { Compare } from "./compare";
import { CallFacts } from "./facts";
import { CallHeading } from "./heading";
import { Legs } from "./legs";
import { timeOf } from "./merge";
import { PastNote } from "./past_note";
import classes from "./record.module.css";
import { Timeline } from "./timeline";

/** One call: what it is or was, its legs, and its log. The address tells after which event. */
export function CallRecord({ sid }: { sid: string }): ReactElement {
  const now = callDetail(sid, null);
  const { data, error, refetch } = useQuery(now);
  if (data !== undefined)
    return (
      <Fed keys={[now.queryKey]}>
        <Record detail={data} />
      </Fed>
    );
  return error === null ? <LoadingFace rows={8} /> : <FailedFace error={error} retry={() => void refetch()} />;
}

function lookAt(as_of: string | null): void {
  goTo({ as_of });
}

const NONE: Keys = {};
const BACK_TO_NOW: Keys = {
  Escape: () => {
    lookAt(null);
  },
};

function Record({ detail }: { detail: CallDetail }): ReactElement {
  const asOf = usePlace().as_of;
  useKeys(asOf === null ? NONE : BACK_TO_NOW);
  const mayCompare = useMay("events.read");
  const { twilio_sid: sid } = detail.call;
  return (
    <div className={classes.around}>
      <div className={classes.record}>
        <div className={classes.call}>
          <PastNote events={detail.events} asOf={asOf} onAsOf={lookAt} />
          {asOf === null ? <Snapshot detail={detail} until={null} /> : <Past sid={sid} asOf={asOf} events={detail.events} />}
          {mayCompare && asOf === null && <Compare key={sid} sid={sid} />}
        </div>
        <div className={classes.log}>
          <Timeline events={detail.events} asOf={asOf} onAsOf={lookAt} />
        </div>
      </div>
    </div>
  );
}

type PastProps = { sid: string; asOf: string; events: CallEvent[] };

/** The call as it was after an event; never what it is now, also while that is loading or cannot be had. */
function Past({ sid, asOf, events }: PastProps): ReactElement {
  const { data, error, refetch } = useQuery(callDetail(sid, asOf));
  const event = events.find(({ id }) => id === asOf) ?? data?.events.at(-1);
  if (data !== undefined && event !== undefined)
    return (
      <StaleSince value={null}>
        <Snapshot detail={data} until={timeOf(event)} />
      </StaleSince>
    );
  return error === null ? <LoadingFace rows={8} /> : <FailedFace error={error} retry={() => void refetch()} />;
}

type SnapshotProps = { detail: CallDetail; until: string | null };

/** What is known of a call and its legs, now or at an instant of the past. */
function Snapshot({ detail: { call, legs }, until }: SnapshotProps): ReactElement {
  const mayHear = useMay("recordings.read");
  return (
    <>
      <CallHeading call={call} />
      <CallFacts call={call} until={until} />
      {mayHear && call.recording_url !== null && (
        <div className={classes.recording}>
          <RecordingPlayer key={call.recording_url} sid={call.twilio_sid} url={call.recording_url} />
        </div>
      )}
      <p className={classes.links}>
        {call.conversation_id !== null && (
          <Link to={{ view: "calls", open: call.conversation_id, call: null, as_of: null }}>{text.call.conversation}</Link>
        )}
      </p>
      <Legs legs={legs} />
    </>
  );
}
