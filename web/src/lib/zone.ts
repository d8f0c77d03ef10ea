// Days and times in the time zone that was chosen.
import { AUTO, chosen } from "./preferences";

/** The zone as Intl wants it; undefined is the browser's own. */
export function timeZone(): string | undefined {
  const zone = chosen("zone");
  return zone === AUTO ? undefined : zone;
}

/** The browser's own zone. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The zone whose clocks are shown, by its name. */
export function zoneName(): string {
  return timeZone() ?? browserZone();
}

/** All zones that can be chosen, by name. */
export function allZones(): string[] {
  return [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC"])].sort();
}

/** What `make` makes of the present zone, made once for each. */
export function perZone<T>(make: (timeZone: string | undefined) => T): () => T {
  const made = new Map<string | undefined, T>();
  return () => {
    const zone = timeZone();
    const known = made.get(zone);
    if (known !== undefined) return known;
    const value = make(zone);
    made.set(zone, value);
    return value;
  };
}

const parts = perZone(
  (zone) =>
    new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }),
);

/** What a clock in the zone shows at an instant, as if it were UTC. */
function wallTime(instant: number): number {
  const shown = Object.fromEntries(parts().formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** `2026-02-08`: the day of an instant in the zone, or one so many days after it. */
export function dayOf(instant: number, after = 0): string {
  return new Date(wallTime(instant) + after * 86_400_000).toISOString().slice(0, 10);
}

/** The instant at which a day of the zone starts. */
export function startOfDay(year: number, month: number, day: number): Date {
  const wanted = Date.UTC(year, month - 1, day);
  // The offset there and then is found in two steps: the first guess may lie beyond a change of the clocks.
  const guess = wanted - (wallTime(wanted) - wanted);
  return new Date(wanted - (wallTime(guess) - guess));
}

/** The start of a day where one is, or of the day after it; undefined when it is no day. */
export function startOf(day: string | null, after = 0): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? "") ?? [];
  if (year === undefined || month === undefined || date === undefined) return undefined;
  return startOfDay(Number(year), Number(month), Number(date) + after).toISOString();
}
