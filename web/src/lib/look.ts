// How states look: a shape, a tone and a word each, so that none is told by its colour alone.
import type { Connection } from "./feed_state";
import { text } from "./text";
import type { CallStatus, Direction, ProcessingStatus, SyncHealth } from "./types";

export type Shape = "ring" | "dots" | "waves" | "disc" | "check" | "minus" | "missed" | "cross" | "alert" | "paused";
export type Tone = "quiet" | "waiting" | "ringing" | "talking" | "good" | "warn" | "bad";
export type Look = { shape: Shape; tone: Tone; word: string };

const CALL: Record<CallStatus, [Shape, Tone]> = {
  queued: ["ring", "waiting"],
  initiated: ["dots", "waiting"],
  ringing: ["waves", "ringing"],
  "in-progress": ["disc", "talking"],
  completed: ["check", "good"],
  busy: ["minus", "warn"],
  "no-answer": ["missed", "bad"],
  canceled: ["cross", "quiet"],
  failed: ["alert", "bad"],
};

const PROCESSING: Record<ProcessingStatus, [Shape, Tone]> = {
  pending: ["ring", "waiting"],
  processing: ["dots", "waiting"],
  completed: ["check", "good"],
  failed: ["minus", "warn"],
  dead_letter: ["alert", "bad"],
};

const CONNECTION: Record<Connection, [Shape, Tone]> = {
  starting: ["dots", "waiting"],
  live: ["disc", "talking"],
  "catching-up": ["dots", "ringing"],
  polling: ["ring", "waiting"],
  offline: ["cross", "bad"],
};

export function callLook(status: CallStatus): Look {
  const [shape, tone] = CALL[status];
  return { shape, tone, word: text.status[status] };
}

export function processingLook(status: ProcessingStatus): Look {
  const [shape, tone] = PROCESSING[status];
  return { shape, tone, word: text.inbox.processing[status] };
}

const HEALTH: Record<SyncHealth["status"], [Shape, Tone]> = {
  ok: ["check", "good"],
  degraded: ["alert", "warn"],
  down: ["cross", "bad"],
};

export function healthLook(status: SyncHealth["status"]): Look {
  const [shape, tone] = HEALTH[status];
  return { shape, tone, word: text.operations.status[status] };
}

export function connectionLook(connection: Connection): Look {
  const [shape, tone] = CONNECTION[connection];
  return { shape, tone, word: text.connection.name[connection] };
}

/** What the feed no longer vouches for, since a time. */
export function staleLook(time: string): Look {
  return { shape: "paused", tone: "warn", word: text.stale.asOf(time) };
}

export type DirectionIcon = "in" | "out" | "both" | "around";

const DIRECTION: Record<Direction, DirectionIcon> = {
  inbound: "in",
  outbound: "out",
  internal: "both",
  external: "around",
};

export function directionIcon(direction: Direction): DirectionIcon {
  return DIRECTION[direction];
}
