// Numbers and times as people read them.
import { text } from "./text";

const NANP = /^\+1(\d{3})(\d{3})(\d{4})$/;
const ADDRESS = /^(?:sips?|client):([^@;]+)/i;

/** `+16175006181` as `+1 (617) 500-6181`; of a SIP address the user. */
export function partyName(number: string): string {
  if (number === "") return text.party.unknown;
  const nanp = NANP.exec(number);
  if (nanp) return `+1 (${nanp[1] ?? ""}) ${nanp[2] ?? ""}-${nanp[3] ?? ""}`;
  return ADDRESS.exec(number)?.[1] ?? number;
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}

/** `0:07`, `12:30`, `1:02:03`. */
export function clockTime(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const tail = `${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${tail}` : tail.replace(/^0/, "");
}

export function secondsBetween(from: string, to: number): number {
  return Math.max(0, (to - Date.parse(from)) / 1000);
}

const CLOCK = new Intl.DateTimeFormat(text.locale, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(text.locale, { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat(text.locale, { day: "numeric", month: "short", year: "numeric" });
const EXACT = new Intl.DateTimeFormat(text.locale, { dateStyle: "medium", timeStyle: "medium" });
const SECOND = new Intl.DateTimeFormat(text.locale, { hour: "numeric", minute: "2-digit", second: "2-digit" });

/** Today's things by the clock, this year's by the day, older ones with the year. */
export function shortTime(time: string, now: number): string {
  const then = new Date(time);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return CLOCK.format(then);
  return then.getFullYear() === today.getFullYear() ? DAY.format(then) : DAY_AND_YEAR.format(then);
}

const WEEKDAY = new Intl.DateTimeFormat(text.locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** The day of a call: today, yesterday, or its date. */
export function dayName(time: string, now: number): string {
  const then = new Date(time);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (then.toDateString() === today.toDateString()) return text.today;
  return then.toDateString() === yesterday.toDateString() ? text.yesterday : WEEKDAY.format(then);
}

export function exactTime(time: string): string {
  return EXACT.format(new Date(time));
}

export function timeOfDay(time: string): string {
  return SECOND.format(new Date(time));
}

export function money(amount: number, unit: string): string {
  return new Intl.NumberFormat(text.locale, {
    style: "currency",
    currency: unit,
    maximumFractionDigits: 4,
  }).format(Math.abs(amount));
}
