// How long something is, and how long ago it was, in one unit.
import { text } from "./text";

const UNITS: readonly [seconds: number, words: (n: number) => string][] = [
  [86_400, text.span.days],
  [3_600, text.span.hours],
  [60, text.span.minutes],
  [1, text.span.seconds],
];
const JUST_NOW = 5;

export function spanOf(seconds: number): string {
  const whole = Math.round(seconds);
  const [unit, words] = UNITS.find(([length]) => whole >= length) ?? [1, text.span.seconds];
  return words(Math.floor(whole / unit));
}

export function agoOf(seconds: number): string {
  return Math.round(seconds) < JUST_NOW ? text.ago.now : text.ago.since(spanOf(seconds));
}
