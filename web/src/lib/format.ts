// Numbers and times as people read them.
import { text } from "./text";
import { language } from "./text/language";
import { dayOf, perZone } from "./zone";

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

type Style = Intl.DateTimeFormatOptions;

const STYLES = {
  clock: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  dayAndYear: { day: "numeric", month: "short", year: "numeric" },
  weekday: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  exact: { dateStyle: "medium", timeStyle: "medium" },
  second: { hour: "numeric", minute: "2-digit", second: "2-digit" },
  full: { dateStyle: "medium", timeStyle: "long" },
  instant: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    timeZoneName: "longOffset",
  },
} satisfies Record<string, Style>;

/** The formats of the present zone. */
const formats = perZone((timeZone) => {
  const make = (style: Style): Intl.DateTimeFormat => new Intl.DateTimeFormat(text.locale, { ...style, timeZone });
  return Object.fromEntries(Object.entries(STYLES).map(([name, style]) => [name, make(style)])) as Record<
    keyof typeof STYLES,
    Intl.DateTimeFormat
  >;
});

function format(style: keyof typeof STYLES, time: string | number): string {
  return formats()[style].format(new Date(time));
}

/** Today's things by the clock, this year's by the day, older ones with the year. */
export function shortTime(time: string, now: number): string {
  const then = dayOf(Date.parse(time));
  const today = dayOf(now);
  if (then === today) return format("clock", time);
  return format(then.slice(0, 4) === today.slice(0, 4) ? "day" : "dayAndYear", time);
}

/** The day of a call: today, yesterday, or its date. */
export function dayName(time: string, now: number): string {
  const then = dayOf(Date.parse(time));
  if (then === dayOf(now)) return text.today;
  return then === dayOf(now, -1) ? text.yesterday : format("weekday", time);
}

export function exactTime(time: string): string {
  return format("exact", time);
}

export function timeOfDay(time: string | number): string {
  return format("second", time);
}

/** The same with the name or the offset of the zone. */
export function fullTime(time: string | number): string {
  return format("full", time);
}

/** To the millisecond, with the offset of the zone: what a time is exactly. */
export function instantOf(time: string | number): string {
  return format("instant", time);
}

const PRICE: Intl.NumberFormatOptions = { maximumFractionDigits: 4 };

function priceFormat(style: Intl.NumberFormatOptions): Intl.NumberFormat {
  return new Intl.NumberFormat(text.locale, { ...PRICE, ...style });
}

/** `$0.0085`; a unit that is no currency stands beside the number as the provider told it. */
export function money(amount: number, unit: string): string {
  const price = Math.abs(amount);
  try {
    return priceFormat({ style: "currency", currency: unit }).format(price);
  } catch {
    return `${priceFormat({}).format(price)} ${unit}`.trim();
  }
}

const SMALL = new Intl.NumberFormat(text.locale, { maximumFractionDigits: 1 });

export const { number } = language(text.locale);

/** `340 ms`, `2.5 s`, `4 min`, `3 h`. */
export function duration(ms: number): string {
  const { units } = text;
  if (ms < 1_000) return `${number(Math.round(ms))} ${units.ms}`;
  if (ms < 60_000) return `${SMALL.format(ms / 1_000)} ${units.s}`;
  return ms < 3_600_000 ? `${number(Math.floor(ms / 60_000))} ${units.min}` : `${SMALL.format(ms / 3_600_000)} ${units.h}`;
}

/** `12 / min`, or `34.5 / s` where it is ten a second and more. */
export function rate(perMinute: number): string {
  const { units } = text;
  return perMinute < 600 ? `${number(perMinute)} / ${units.min}` : `${SMALL.format(perMinute / 60)} / ${units.s}`;
}

/** `0 KB`, `1.5 MB`: by thousands. */
export function bytes(n: number): string {
  const { units } = text;
  if (n < 1e6) return `${SMALL.format(n / 1e3)} ${units.kb}`;
  return n < 1e9 ? `${SMALL.format(n / 1e6)} ${units.mb}` : `${SMALL.format(n / 1e9)} ${units.gb}`;
}
