import { describe, expect, it } from "vitest";
import { allRows } from "./all_rows";
import type { Page, Progress, Source } from "./all_rows";

/** A list of letters, to which something happens before some of its pages are read. */
class FakeList implements Source<string> {
  limit = 3;
  asked: number[] = [];
  constructor(
    public rows: string[],
    readonly happens: Record<number, (list: FakeList) => void> = {},
  ) {}
  idOf = (row: string): string => row;
  page = (at: number): Promise<Page<string>> => {
    this.happens[this.asked.length]?.(this);
    this.asked.push(at);
    return Promise.resolve({ rows: this.rows.slice((at - 1) * this.limit, at * this.limit), total: this.rows.length });
  };
}

const letters = (s: string): string[] => Array.from(s);
const read = (list: FakeList, onProgress: (progress: Progress) => void = () => undefined): Promise<string[]> =>
  allRows(list, new AbortController().signal, onProgress);

describe("all rows", () => {
  it("are read page by page, with the progress told", async () => {
    const told: string[] = [];
    const list = new FakeList(letters("abcdefgh"));
    expect(await read(list, ({ done, total }) => told.push(`${done}/${total}`))).toEqual(letters("abcdefgh"));
    expect(told).toEqual(["3/8", "6/8", "8/8", "8/8"]);
    expect(list.asked).toEqual([1, 2, 3, 1]);
  });

  it("are none of an empty list", async () => {
    expect(await read(new FakeList([]))).toEqual([]);
  });

  it("count once when new ones push them to the next page, and the new ones are found", async () => {
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
    await expect(allRows(list, stop.signal, () => undefined)).rejects.toThrow("enough");
    expect(list.asked).toEqual([1, 2]);
  });
});
