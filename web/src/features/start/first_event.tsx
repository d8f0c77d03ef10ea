import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import { reasonWords } from "../../lib/told";
import type { Doors, InboxEvent } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { Vouched } from "../../ui/stale";
import { Age } from "../../ui/time";
import { latestEvent } from "./api";
import { arrivalOf } from "./arrival";
import type { Arrival, Refusal } from "./arrival";
import classes from "./page.module.css";

const words = text.start.first;

const WAITING: Look = { shape: "dots", tone: "waiting", word: words.waiting };
const RECEIVED: Look = { shape: "check", tone: "good", word: words.received };
const STUCK: Look = { shape: "alert", tone: "bad", word: words.stuck };
const REFUSED: Look = { shape: "alert", tone: "bad", word: words.refused };

type FirstEventProps = { base: string; doors: Doors | undefined };

/** Whether anything has come, what it was, and what to mend when it was refused. */
export function FirstEvent({ base, doors }: FirstEventProps): ReactElement {
  const { data, error, refetch } = useQuery(latestEvent);
  if (data === undefined) return error === null ? <LoadingFace rows={2} /> : <FailedFace error={error} retry={() => void refetch()} />;
  const arrival = arrivalOf(data, doors);
  return (
    <div className={classes.arrival} data-received={arrival.received}>
      <div role="status">
        {arrival.latest === null ? <Waiting isRefused={arrival.refusal !== null} /> : <Received {...arrival} latest={arrival.latest} />}
        {arrival.refusal !== null && <Refused refusal={arrival.refusal} base={base} />}
      </div>
    </div>
  );
}

function Waiting({ isRefused }: { isRefused: boolean }): ReactElement | null {
  if (isRefused) return null;
  return (
    <>
      <Mark look={WAITING} moving />
      <p>{words.waitingBody}</p>
    </>
  );
}

function Received({ received, latest }: Arrival & { latest: InboxEvent }): ReactElement {
  const isStuck = latest.processing_status === "dead_letter";
  const name = text.inbox.eventType[latest.event_type] ?? latest.event_type;
  return (
    <>
      <Mark look={isStuck ? STUCK : RECEIVED} />
      <p>
        <Vouched>{words.latest(received, name)}</Vouched> <Age time={latest.received_at} />
      </p>
      {isStuck && latest.error !== null && <p>{reasonWords(latest.error)}</p>}
      <p className={classes.ways}>
        {latest.call_sid !== null && !isStuck && <Link to={{ view: "call", open: latest.call_sid }}>{words.openCall}</Link>}
        {!isStuck && <Link to={{ view: null, open: null }}>{words.openLive}</Link>}
        <Link to={{ view: "inbox", open: null, event: latest.id }}>{words.openEvent}</Link>
      </p>
    </>
  );
}

function Refused({ refusal: { reason, count, last_at }, base }: { refusal: Refusal; base: string }): ReactElement {
  const { title, fix } = words.reasons[reason];
  return (
    <div className={classes.refusal} data-reason={reason}>
      <Mark look={REFUSED} />
      <p>
        <strong>{title}</strong> <Vouched>{words.refusedCount(count)}</Vouched> <Age time={last_at} />
      </p>
      <p>{fix(base)}</p>
    </div>
  );
}
