import { describe, expect, it } from "vitest";
import { allRows } from "./all_rows";
import type { Page, Progress, Source } from "./all_rows";

/** A list of letters, to which something happens before some of its pages are read. A page begins behind a letter. */
class FakeList implements Source<string> {
  asked: (string | null)[] = [];
  constructor(
    public rows: string[],
    readonly happens: Record<number, (list: FakeList) => void> = {},
  ) {}
  idOf = (row: string): string => row;
  page = (from: string | null): Promise<Page<string>> => {
    this.happens[this.asked.length]?.(this);
    this.asked.push(from);
    const start = from === null ? 0 : this.rows.indexOf(from) + 1;
    const rows = this.rows.slice(start, start + 3);
    const next = start + 3 < this.rows.length ? (rows.at(-1) ?? null) : null;
    return Promise.resolve(from === null ? { rows, next, total: this.rows.length } : { rows, next });
  };
}

const letters = (s: string): string[] => Array.from(s);

async function read(list: FakeList, signal = new AbortController().signal, onProgress: (progress: Progress) => void = () => undefined): Promise<string[]> {
  const all: string[] = [];
  for await (const rows of allRows(list, signal, onProgress)) all.push(...rows);
  return all;
}

describe("all rows", () => {
  it("are read page by page, with the progress told", async () => {
    const told: string[] = [];
    const list = new FakeList(letters("abcdefgh"));
    expect(await read(list, undefined, ({ done, total }) => told.push(`${done}/${total}`))).toEqual(letters("abcdefgh"));
    expect(told).toEqual(["3/8", "6/8", "8/8", "8/8"]);
    expect(list.asked).toEqual([null, "c", "f", null]);
  });

  it("are none of an empty list", async () => {
    expect(await read(new FakeList([]))).toEqual([]);
  });

  it("count once when some come in above, which are found too", async () => {
    const list = new FakeList(letters("abcdef"), { 1: (it) => it.rows.unshift("x", "y") });
    expect((await read(list)).sort()).toEqual(letters("abcdefxy"));
  });

  it("are found when they move up to what was read already", async () => {
    const list = new FakeList(letters("abcdefgh"), { 1: (it) => (it.rows = letters("habcdefg")) });
    expect((await read(list)).sort()).toEqual(letters("abcdefgh"));
  });

  it("are no more asked for when it is cancelled", async () => {
    const stop = new AbortController();
    const list = new FakeList(letters("abcdefgh"), {
      1: () => {
        stop.abort(new Error("enough"));
      },
    });
    await expect(read(list, stop.signal)).rejects.toThrow("enough");
    expect(list.asked).toEqual([null, "c"]);
  });
});
