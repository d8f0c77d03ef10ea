// What the provider says of a call, in the words of who looks at it.
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

/** The sentences in which the server keeps why an event could not be processed; what they name is handed on. */
const REASONS: { [Name in keyof typeof text.inbox.reasons]: RegExp } = {
  noObject: /^payload: an object of the request's parameters expected$/,
  otherCallback: /^event_type: "(.*)" is none of Twilio's callbacks$/,
  noCall: /^CallSid: missing, so no call is meant$/,
  longCall: /^call_sid: 1 to \d+ characters expected, got \d+$/,
  otherProvider: /^provider: "(.*)" is not known here$/,
};

/** Why an event could not be processed; what has no words stands as it was kept. */
export function reasonWords(error: string): string {
  for (const [name, pattern] of Object.entries(REASONS)) {
    const found = pattern.exec(error);
    if (found !== null) return text.inbox.reasons[name as keyof typeof REASONS](found[1] ?? "");
  }
  return error;
}
