// What is told of the flow, in the order in which an event passes.
import type { ReactNode } from "react";
import { bytes, duration, number } from "../../lib/format";
import { text } from "../../lib/text";
import type { SyncHealth } from "../../lib/types";
import { Link } from "../../ui/link";

type Figure = { name: string; value: ReactNode; note: string };

const words = text.operations;

function deadLetters(n: number): ReactNode {
  return n === 0 ? number(n) : <Link to={{ view: "inbox", open: null, state: "dead_letter" }}>{number(n)}</Link>;
}

export function figuresOf({ inbox, worker, feed }: SyncHealth): Figure[] {
  return [
    { ...words.spool, value: bytes(inbox.spool_bytes ?? 0) },
    { ...words.pending, value: number(inbox.pending) },
    { ...words.oldest, value: duration(inbox.oldest_pending_age_ms) },
    { ...words.dead, value: deadLetters(inbox.dead_letter) },
    { ...words.lag, value: duration(worker.lag_ms) },
    { ...words.seq, value: number(feed.last_seq) },
    { ...words.publish, value: duration(feed.publish_lag_ms) },
    { ...words.clients, value: number(feed.clients) },
  ];
}
