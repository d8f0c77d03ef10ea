// How long ago something was, in one unit.
import { text } from "./text";

const UNITS: readonly [seconds: number, words: (n: number) => string][] = [
  [86_400, text.ago.days],
  [3_600, text.ago.hours],
  [60, text.ago.minutes],
  [1, text.ago.seconds],
];
const JUST_NOW = 5;

export function agoOf(seconds: number): string {
  const whole = Math.round(seconds);
  const [unit, words] = UNITS.find(([length]) => whole >= length) ?? [1, text.ago.seconds];
  return whole < JUST_NOW ? text.ago.now : words(Math.floor(whole / unit));
}
