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

/** Where the database is in trouble, counting is slow and therefore rare. */
const OLD_MS = 5000;

/** A figure of the inbox says when it was counted, if that was long ago. */
function counted({ name, note }: { name: string; note: string }, value: ReactNode, agoMs: number): Figure {
  return { name, value, note: agoMs < OLD_MS ? note : `${note}; ${words.counted(duration(agoMs))}` };
}

/** A figure of the whole node, which the default project alone is told. */
function ofNode(about: { name: string; note: string }, shown: (n: number) => string, n: number | null | undefined): Figure[] {
  return n == null ? [] : [{ ...about, value: shown(n) }];
}

export function figuresOf({ inbox, worker, feed }: SyncHealth): Figure[] {
  return [
    ...ofNode(words.spool, bytes, inbox.spool_bytes),
    counted(words.pending, number(inbox.pending), inbox.counted_ago_ms),
    counted(words.oldest, duration(inbox.oldest_pending_age_ms), inbox.counted_ago_ms),
    counted(words.dead, deadLetters(inbox.dead_letter), inbox.counted_ago_ms),
    { ...words.lag, value: duration(worker.lag_ms) },
    { ...words.seq, value: number(feed.last_seq) },
    ...ofNode(words.publish, duration, feed.publish_lag_ms),
    { ...words.clients, value: number(feed.clients) },
  ];
}
