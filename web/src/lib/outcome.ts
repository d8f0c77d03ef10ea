// How a call went, in words, and its times as lengths.
import { clockTime } from "./format";
import { callLook } from "./look";
import type { Look } from "./look";
import { text } from "./text";
import type { Message } from "./types";

/** A call that is over, or one entry of a conversation. */
export type Ended = Pick<Message, "call_status" | "missed" | "duration" | "total_duration" | "talk_time" | "wait_time">;

/** Seconds of a call: until somebody answered, and from then on. */
export type Spans = { wait: number; talk: number };

export function spansOf(message: Ended): Spans {
  const whole = message.total_duration ?? message.duration ?? 0;
  const talk = message.call_status === "completed" ? (message.talk_time ?? whole) : 0;
  return { wait: message.wait_time ?? Math.max(0, whole - talk), talk };
}

export function longest(messages: readonly Ended[]): number {
  return Math.max(1, ...messages.map(spansOf).map(({ wait, talk }) => wait + talk));
}

function answered({ wait, talk }: Spans): string {
  return wait > 0 ? text.outcome.answeredAfter(clockTime(wait), clockTime(talk)) : text.outcome.answered(clockTime(talk));
}

function wordsOf(message: Ended): string {
  const { call_status: status, missed } = message;
  if (status === "completed") return answered(spansOf(message));
  if (missed) return text.outcome.missedBecause[status] ?? text.status[status];
  return text.outcome.unreached[status] ?? text.status[status];
}

export function outcomeLook(message: Ended): Look {
  const look = callLook(message.call_status);
  const tone = message.missed ? "bad" : look.tone;
  return { ...look, tone, word: wordsOf(message) };
}
