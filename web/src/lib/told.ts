// What the provider says of a call, in the words of who looks at it.
import { spanOf } from "./ago";
import { secondsBetween } from "./format";
import { text } from "./text";
import type { CallEvent } from "./types";

const words: Record<string, string> = text.call.told;

/** A status as the provider told it; one that nobody knows stands as it came. */
export function toldStatus(status: string): string {
  return (Object.hasOwn(words, status) ? words[status] : undefined) ?? text.call.unknownStatus(status);
}

/** What a line of the log tells. */
export function toldBy({ event_type: type, event_status: status }: Pick<CallEvent, "event_type" | "event_status">): string {
  const name = text.call.eventType[type];
  return status === null || type === "recording.ready" ? name : `${name}: ${toldStatus(status)}`;
}

/** Why it changed nothing. */
export function refusalOf({ refusal, standing_status: standing }: Pick<CallEvent, "refusal" | "standing_status">): string {
  if (refusal === null) return text.call.notApplied;
  return text.call.refused[refusal](standing === null ? "" : toldStatus(standing));
}

/** From here on an event is late, as in the feed: providers repeat themselves for some minutes. */
const LATE_SECONDS = 300;

/** How late the provider told it; null when it was in time, or found out in another way. */
export function latenessOf({ source, event_time: at, created_at: written }: Pick<CallEvent, "source" | "event_time" | "created_at">): string | null {
  if (source !== "webhook" || at === null) return null;
  const seconds = secondsBetween(at, Date.parse(written));
  return seconds > LATE_SECONDS ? text.call.late(spanOf(seconds)) : null;
}

/** The sentences in which the server keeps why an event could not be processed; what they name is handed on. */
const REASONS: { [Name in keyof typeof text.inbox.reasons]: RegExp } = {
  noObject: /^payload: an object of the request's parameters expected$/,
  otherCallback: /^event_type: "(.*)" is none of Twilio's callbacks$/,
  noCall: /^CallSid: missing, so no call is meant$/,
  longCall: /^call_sid: 1 to \d+ characters expected, got \d+$/,
  otherProvider: /^provider: "(.*)" is not known here$/,
};

/** And those in which it keeps why a run of a job failed. */
const FAILURES: { [Name in keyof typeof text.operations.jobs.failed]: RegExp } = {
  off: /^the job is switched off$/,
  clocks: /^the clocks of the server and of the database are more than an hour apart$/,
  cutShort: /^every attempt was cut short: the process ended during the step$/,
  refused: /^the provider refuses an account of the project: its calls were not compared$/,
  accountGone: /^the account of this list is not here any more$/,
  busy: /^(?:the provider was asked as often as it may be for now|too many ask providers at the same time)$/,
  answered: /^(?:Twilio|the provider) answered (\d+)$/,
  unreachable: /^(.+) (?:cannot be reached: .*|could not be asked: .*|did not answer in time|closed the connection .*|broke the connection off)$/,
  notAwaited: /^(.+) was not waited for: the server is stopping$/,
  tooMuch: /^(.+) sent more than fits here$/,
  elsewhere: /^(.+) sent us (?:from one address to the next|to an address that is not safe)$/,
  certificate: /^(.+) showed a certificate .*$/,
  strange: /^Twilio's (?:answer is no (?:list|call)|next page is not among this account's)$/,
};

type Sayings<Name extends string> = Record<Name, (of: string, kept: string) => string>;

/** The sentence in the reader's words; one that has none is quoted, as it was kept, by `other`. */
function inWords<Name extends string>(kept: string, patterns: Record<Name, RegExp>, words: Sayings<Name>, other: (kept: string) => string): string {
  for (const name of Object.keys(patterns) as Name[]) {
    const found = patterns[name].exec(kept);
    if (found !== null) return words[name](found[1] ?? "", kept);
  }
  return other(kept);
}

/** Why an event could not be processed. */
export function reasonWords(error: string): string {
  return inWords(error, REASONS, text.inbox.reasons, text.inbox.otherReason);
}

/** Why a run of a job failed. */
export function failureWords(error: string): string {
  return inWords(error, FAILURES, text.operations.jobs.failed, text.operations.jobs.otherFailure);
}
