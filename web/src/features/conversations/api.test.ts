import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConversationPage } from "../../lib/types";
import { conversationList } from "./api";
import { NO_FILTER } from "./filter";

/** A server whose list is these ids; a cursor is the id that the page before ended with. */
class FakeServer {
  asked: string[] = [];
  constructor(public ids: string[]) {}
  fetch = (path: string): Promise<Response> => {
    const query = new URL(path, "http://x").searchParams;
    this.asked.push(query.get("cursor") ?? `page ${query.get("page") ?? "1"}`);
    const limit = Number(query.get("limit"));
    const cursor = query.get("cursor");
    const start = cursor === null ? (Number(query.get("page")) - 1) * limit : this.ids.indexOf(cursor) + 1;
    const page = this.ids.slice(start, start + limit);
    const next_cursor = start + limit < this.ids.length ? page.at(-1) : null;
    const conversations = page.map((id) => ({ id }));
    return Promise.resolve(Response.json({ conversations, limit, next_cursor, ...(cursor === null && { total: this.ids.length, page: 1 }) }));
  };
}

const list = conversationList(NO_FILTER);
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `n${from + i}`);

let client: QueryClient;
let server: FakeServer;
beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  server = new FakeServer(numbers(0, 450));
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => {
  client.clear();
  vi.unstubAllGlobals();
});

/** Shows a page until the end of the test. */
async function show(page: number): Promise<void> {
  const observer = new QueryObserver<ConversationPage>(client, list.query(page) as never);
  await new Promise<void>((done) => {
    observer.subscribe(({ data, isFetching }) => {
      if (data !== undefined && !isFetching) done();
    });
  });
}

function shown(...pages: number[]): string[] {
  return pages.flatMap((page) => client.getQueryData<ConversationPage>(list.query(page).queryKey)?.conversations.map(({ id }) => id) ?? []);
}

describe("the pages of the list", () => {
  it("go on where the page in sight above ends; any other is found by its number", async () => {
    await show(1);
    await show(2);
    await show(4);
    expect(server.asked).toEqual(["page 1", "n99", "page 4"]);
    expect(shown(1, 2)).toEqual(numbers(0, 200));
    expect(shown(4)).toEqual(numbers(300, 400));
  });

  it("lose none and show none twice when some come in above while they are read", async () => {
    await show(1);
    server.ids = ["new", ...server.ids];
    await show(2);
    expect(shown(1, 2)).toEqual(numbers(0, 200));
  });

  it("follow one another when all are asked for again, whatever has changed", async () => {
    await show(1);
    await show(2);
    server.ids = ["new", ...server.ids.filter((id) => id !== "n150" && id !== "n7"), "n7"];
    await client.invalidateQueries();
    expect(shown(1, 2)).toEqual(server.ids.slice(0, 200));
  });

  it("end when the list has become shorter", async () => {
    await show(1);
    await show(2);
    server.ids = numbers(0, 90);
    await client.invalidateQueries();
    expect(shown(1, 2)).toEqual(numbers(0, 90));
  });
});
