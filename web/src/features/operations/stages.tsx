// The stages of the path in the order in which an event passes, and what is told of each.
import type { ReactNode } from "react";
import { bytes, duration, number, rate } from "../../lib/format";
import type { Look } from "../../lib/look";
import { text } from "../../lib/text";
import type { Pipeline, SyncHealth } from "../../lib/types";
import { Link } from "../../ui/link";

type Figure = { name: string; value: ReactNode; note: string };
export type Stage = { name: string; figures: Figure[]; trouble: Look | null; /** Events leave it for the next one. */ flows: boolean };

const words = text.operations;

const UNKNOWN = "–";

/** As the server judges it: what waits longer is late. */
const LATE_MS = 4_000;
/** Where the database is in trouble, counting is slow and therefore rare. */
const OLD_MS = 5_000;

function late(ms: number): Look | null {
  return ms > LATE_MS ? { shape: "alert", tone: "warn", word: words.late } : null;
}

function deadLetters(n: number): ReactNode {
  return n === 0 ? number(n) : <Link to={{ view: "inbox", open: null, state: "dead_letter" }}>{number(n)}</Link>;
}

/** A figure of the inbox says when it was counted, if that was long ago. */
function counted({ name, note }: { name: string; note: string }, value: ReactNode, agoMs: number): Figure {
  return { name, value, note: agoMs < OLD_MS ? note : `${note}; ${words.counted(duration(agoMs))}` };
}

/** A figure of the whole node, which the default project alone is told. */
function ofNode(about: { name: string; note: string }, shown: (n: number) => string, n: number | null | undefined): Figure[] {
  return n == null ? [] : [{ ...about, value: shown(n) }];
}

function inboxStage({ inbox }: SyncHealth, flows: boolean): Stage {
  const { counted_ago_ms: ago, oldest_pending_age_ms: oldest, spool_bytes: spool } = inbox;
  const dead: Look | null = inbox.dead_letter > 0 ? { shape: "alert", tone: "bad", word: words.attention } : null;
  return {
    name: words.stages.inbox,
    figures: [
      counted({ ...words.pending, note: oldest > 0 ? words.longest(duration(oldest)) : words.pending.note }, number(inbox.pending), ago),
      ...(inbox.held > 0 ? [counted(words.held, number(inbox.held), ago)] : []),
      counted(words.dead, deadLetters(inbox.dead_letter), ago),
      ...ofNode(words.spool, bytes, spool === 0 ? null : spool),
    ],
    trouble: late(oldest) ?? dead,
    flows,
  };
}

export function stagesOf(health: SyncHealth, rates: Pipeline | undefined): Stage[] {
  const { worker, feed } = health;
  const { received_per_minute: received = 0, processed_per_minute: processed = 0, published_per_minute: published = 0 } = rates ?? {};
  const told = (perMinute: number): string => (rates === undefined ? UNKNOWN : rate(perMinute));
  return [
    { name: words.stages.provider, figures: [{ ...words.received, value: told(received) }], trouble: null, flows: received > 0 },
    inboxStage(health, processed > 0),
    { name: words.stages.worker, figures: [{ ...words.lag, value: duration(worker.lag_ms) }], trouble: late(worker.lag_ms), flows: processed > 0 },
    { name: words.stages.log, figures: [{ ...words.processed, value: told(processed) }], trouble: null, flows: published > 0 },
    { name: words.stages.feed, figures: [{ ...words.published, value: told(published) }, { ...words.seq, value: number(feed.last_seq) }], trouble: null, flows: published > 0 && feed.clients > 0 },
    { name: words.stages.browsers, figures: [{ ...words.clients, value: number(feed.clients) }, ...ofNode(words.publish, duration, feed.publish_lag_ms)], trouble: late(feed.publish_lag_ms ?? 0), flows: false },
  ];
}

/** The same stages while nothing is known of them: they have the room that they will need. */
export function stagesToCome(): Stage[] {
  const figures: Record<keyof typeof words.stages, readonly { name: string; note: string }[]> = {
    provider: [words.received],
    inbox: [words.pending, words.dead],
    worker: [words.lag],
    log: [words.processed],
    feed: [words.published, words.seq],
    browsers: [words.clients],
  };
  return Object.entries(words.stages).map(([stage, name]) => ({
    name,
    figures: figures[stage as keyof typeof figures].map((about) => ({ ...about, value: UNKNOWN })),
    trouble: null,
    flows: false,
  }));
}
