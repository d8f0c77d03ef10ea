/*
 * Tables as CSV (RFC 4180): CRLF between lines, quotes where they are needed, and a byte order mark, by
 * which spreadsheets know that it is UTF-8.
 *
 * A text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises: what
 * callers say of themselves must not run on the machine of who opens the file. Telephone numbers get it
 * too. One rule without exceptions cannot be got around; and without the apostrophe `+16175551234` would be
 * read as a number, which loses its plus and is shown as 1.6E+10. So all its digits stay, as text. Numbers
 * of ours are no texts, and stay numbers.
 */

import { perZone } from "./zone";

export type Cell = string | number | null;

/** A column: its name, and what stands in it. */
export type Column<Row> = { name: string; cell: (row: Row) => Cell };

const MARK = "\uFEFF";
const LINE_END = "\r\n";
/** What formulas begin with; the wide forms too, which some spreadsheets take for the same. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]/;

export function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvCell).join(",") + LINE_END;
}

/** The beginning of a table: its names. */
export function csvHead<Row>(columns: readonly Column<Row>[]): string {
  return MARK + csvLine(columns.map(({ name }) => name));
}

/** What follows it: a line of each row. */
export function csvLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return rows.map((row) => csvLine(columns.map(({ cell }) => cell(row)))).join("");
}

/** An instant for machines: ISO 8601, UTC. */
export function utcTime(time: string): string {
  return new Date(time).toISOString();
}

const clock = perZone((timeZone) => new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone }));

/** Tells it by the clocks of the zone that is chosen now, as spreadsheets read it: `2026-02-08 09:11:00`. */
export function zoneClock(): (time: string) => string {
  const format = clock();
  return (time) => format.format(new Date(time));
}

/** `calls-16175551234-2026-02-08.csv`: of any words a name that every file system takes. */
export function csvName(words: readonly string[], day: string): string {
  const parts = [...words, day].map((word) => word.replaceAll(/[^\p{L}\p{N}-]+/gu, "")).filter((word) => word !== "");
  return `${parts.join("-")}.csv`;
}
