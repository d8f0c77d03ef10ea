import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { csvCell, csvHead, csvLines, csvName, utcTime, zoneClock } from "./csv";
import { choose } from "./preferences";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
  vi.stubGlobal("window", new EventTarget());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a cell", () => {
  it("is quoted where it must be", () => {
    expect(csvCell("plain words")).toBe("plain words");
    expect(csvCell("a,b")).toBe('"a,b"');
    expect(csvCell('says "hi"')).toBe('"says ""hi"""');
    expect(csvCell("two\r\nlines")).toBe('"two\r\nlines"');
    expect(csvCell("")).toBe("");
    expect(csvCell(null)).toBe("");
  });

  it("is no formula, whatever it begins with", () => {
    for (const first of ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"]) expect(csvCell(`${first}1`)).toBe(`'${first}1`);
    expect(csvCell("\r=1")).toBe('"\'\r=1"');
    expect(csvCell("\n=1")).toBe('"\'\n=1"');
    expect(csvCell('=HYPERLINK("http://evil","x")')).toBe('"\'=HYPERLINK(""http://evil"",""x"")"');
  });

  it("keeps all digits of a telephone number", () => {
    expect(csvCell("+16175551234")).toBe("'+16175551234");
  });

  it("stays a number when it is one", () => {
    expect([0, 29, -1, 0.5].map(csvCell)).toEqual(["0", "29", "-1", "0.5"]);
  });
});

describe("a table", () => {
  it("begins with the mark and the names, and ends each line with CRLF", () => {
    const columns = [
      { name: "Name", cell: (row: { name: string; n: number }) => row.name },
      { name: "Calls, all", cell: (row: { n: number }) => row.n },
    ];
    const table = csvLines(columns, [{ name: "Ångström", n: 3 }, { name: "=1+1", n: -1 }]);
    expect(csvHead(columns) + table).toBe('\uFEFFName,"Calls, all"\r\nÅngström,3\r\n\'=1+1,-1\r\n');
  });

  it("is the names alone when there is no row", () => {
    const columns = [{ name: "Name", cell: () => null }];
    expect(csvHead(columns) + csvLines(columns, [])).toBe("\uFEFFName\r\n");
  });
});

describe("times and names of files", () => {
  it("tell the instant, and what clocks said in a zone", () => {
    expect(utcTime("2026-07-08T06:11:00.25+03:00")).toBe("2026-07-08T03:11:00.250Z");
    choose("zone", "Europe/Moscow");
    expect(zoneClock()("2026-07-08T23:11:09Z")).toBe("2026-07-09 02:11:09");
    choose("zone", "America/New_York");
    expect(zoneClock()("2026-01-08T12:00:00Z")).toBe("2026-01-08 07:00:00");
  });

  it("take no odd letters into a name", () => {
    expect(csvName(["calls", "+1 (617) 555-1234"], "2026-02-08")).toBe("calls-1617555-1234-2026-02-08.csv");
    expect(csvName(["звонки", "../x"], "2026-02-08")).toBe("звонки-x-2026-02-08.csv");
  });
});
