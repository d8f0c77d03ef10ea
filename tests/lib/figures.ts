// What a page of /metrics has to say after a scenario that is known: series by series, as a table.
import assert from "node:assert/strict";

/** A number; or, where the scenario leaves it open, the least and the most that it may be. */
export type Figure = number | [number, number];
/** By series. What a counter or gauge of the same name says under other labels is 0. */
export type Figures = Record<string, Figure>;

const KINDS_OF_ALL = /^# TYPE (\w+) (\w+)$/gm;
const SERIES = /^(\w+(?:\{[^}]*\})?) (\S+)$/gm;

/** What each metric of the page is: counter, gauge or histogram. */
export const kindsOf = (page: string): Map<string, string> => new Map([...page.matchAll(KINDS_OF_ALL)].map(([, name = "", kind = ""]) => [name, kind]));

const seriesOf = (page: string): Map<string, number> => new Map([...page.matchAll(SERIES)].map(([, series = "", told]) => [series, Number(told)]));

/** Of a series; that of a histogram ends otherwise than its metric. */
export function metricOf(series: string): string {
  return series.replace(/\{.*/, "").replace(/_(count|sum|bucket)$/, "");
}

/** What may be 0 need not be there. */
const holds = (told: number | undefined, wanted: Figure): boolean =>
  typeof wanted === "number" ? told === wanted : wanted[0] <= (told ?? 0) && (told ?? 0) <= wanted[1];

/** The figures of the table that the page tells otherwise, and those beside them that are not 0. */
export function otherwise(page: string, figures: Figures): string[] {
  const [told, kinds] = [seriesOf(page), kindsOf(page)];
  const wrong = Object.entries(figures).filter(([series, wanted]) => !holds(told.get(series), wanted));
  const names = new Set(Object.keys(figures).map(metricOf));
  const beside = [...told].filter(([series, n]) => n !== 0 && !(series in figures) && names.has(metricOf(series)) && kinds.get(metricOf(series)) !== "histogram");
  return [...wrong.map(([series, wanted]) => `${series}: ${String(told.get(series))}, not ${String(wanted)}`), ...beside.map(([series, n]) => `${series}: ${String(n)}, not 0`)];
}

export function assertFigures(page: string, figures: Figures): void {
  assert.deepEqual(otherwise(page, figures), []);
}
