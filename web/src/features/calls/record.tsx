import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { goTo, usePlace } from "../../lib/location";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import type { CallDetail } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { RecordingPlayer } from "../../ui/recording";
import { callDetail } from "./api";
import { Compare } from "./compare";
import { CallFacts } from "./facts";
import { CallHeading } from "./heading";
import { Legs } from "./legs";
import { PastNote } from "./past_note";
import classes from "./record.module.css";
import { Timeline } from "./timeline";

/** One call: what it is or was, its legs, and its log. The address tells after which event. */
export function CallRecord({ sid }: { sid: string }): ReactElement {
  const { data, error, refetch } = useQuery(callDetail(sid, null));
  if (data !== undefined) return <Record detail={data} />;
  return error === null ? <LoadingFace rows={8} /> : <FailedFace error={error} retry={() => void refetch()} />;
}

function lookAt(as_of: string | null): void {
  goTo({ as_of });
}

function Record({ detail }: { detail: CallDetail }): ReactElement {
  const asOf = usePlace().as_of;
  const mayHear = useMay("recordings.read");
  const mayCompare = useMay("events.read");
  const past = useQuery({ ...callDetail(detail.call.twilio_sid, asOf), enabled: asOf !== null });
  const call = asOf !== null && past.data !== undefined ? past.data.call : detail.call;
  return (
    <div className={classes.around}>
      <div className={classes.record}>
        <div className={classes.call}>
          <PastNote events={detail.events} asOf={asOf} onAsOf={lookAt} />
          <CallHeading call={call} />
          <CallFacts call={call} />
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
          <Legs legs={detail.legs} />
          {mayCompare && asOf === null && <Compare key={call.twilio_sid} sid={call.twilio_sid} />}
        </div>
        <div className={classes.log}>
          <Timeline events={detail.events} asOf={asOf} onAsOf={lookAt} />
        </div>
      </div>
    </div>
  );
}
