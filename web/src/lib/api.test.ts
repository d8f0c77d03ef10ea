import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, getBlob, getJson, postJson } from "./api";

/** As the browser does it: nothing comes, until who asks is tired of it. */
function unanswered(_: string, { signal }: RequestInit): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => { reject(signal.reason as Error); });
  });
}

describe("a question that is never answered", () => {
  let patience = new AbortController();
  beforeEach(() => {
    patience = new AbortController();
    vi.stubGlobal("fetch", vi.fn(unanswered));
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("is taken back by who asked, and is no failure of the server", async () => {
    const mine = new AbortController();
    const answer = getJson("/api/health/sync", {}, mine.signal);
    mine.abort();
    await expect(answer).rejects.not.toBeInstanceOf(ApiError);
  });

  it("fails in the end, and says why and what to do", async () => {
    const answer = getJson("/api/health/sync");
    patience.abort();
    await expect(answer).rejects.toMatchObject({ status: 0, message: "The server does not answer", howToFix: [expect.stringContaining("health")] });
  });

  it("lets the renewal of a session go on, of which nobody else would hear", async () => {
    vi.stubGlobal("navigator", {});
    const renewal: RequestInit[] = [];
    vi.stubGlobal("fetch", vi.fn((path: string, init: RequestInit) => {
      if (path !== "/auth/refresh") return Promise.resolve(new Response("", { status: 401 }));
      renewal.push(init);
      patience.abort();
      return new Promise(() => undefined);
    }));
    await expect(getJson("/api/health/sync")).rejects.toMatchObject({ status: 0, message: "The server does not answer" });
    expect(renewal).toMatchObject([{ method: "POST" }]);
    expect(renewal[0]?.signal).toBeUndefined();
  });
});

describe("an answer that is cut within its body", () => {
  /** Half of what the server says; then the connection is gone. */
  const torn = (): Response =>
    new Response(
      new ReadableStream({
        pull: (half) => {
          half.enqueue(new TextEncoder().encode('{"events":['));
          half.error(new TypeError("network error"));
        },
      }),
    );
  const lost = { name: "ApiError", status: 0, message: "The server cannot be reached", howToFix: [expect.stringContaining("online")] };
  const answerWith = (answer: () => Response): void => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(answer())));
  };
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it.each([
    ["read as JSON", () => getJson("/api/events"), torn],
    ["read as it is", () => getBlob("/api/calls/CA1/recording"), torn],
    ["that ends as if it were whole", () => getJson("/api/events"), () => new Response('{"events":[')],
  ])("is a network that was lost: one %s", async (_, ask, answer) => {
    answerWith(answer);
    await expect(ask()).rejects.toMatchObject(lost);
  });

  it.each([
    ["at its beginning", () => Promise.reject(new TypeError("network error"))],
    ["within", () => Promise.resolve(torn())],
  ])("leaves it open, of a change, whether it was done: one that is cut %s", async (_, fetched) => {
    vi.stubGlobal("fetch", vi.fn(fetched));
    const unknown = { status: 0, message: expect.stringContaining("not known whether") as string, howToFix: [lost.howToFix[0], expect.stringContaining("before you do it again")] };
    await expect(postJson("/api/demo/calls")).rejects.toMatchObject(unknown);
  });

  it("is a network that was lost when one was to be signed in by it", async () => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("network error"))));
    await expect(postJson("/auth/login")).rejects.toMatchObject(lost);
  });

  it("is asked for once more when it kept nobody waiting", async () => {
    answerWith(torn);
    await expect(getJson("/api/events")).rejects.toMatchObject({ isSoon: true });
  });

  it("is no failure for who has gone meanwhile", async () => {
    const mine = new AbortController();
    answerWith(() => {
      mine.abort();
      return torn();
    });
    await expect(getJson("/api/events", {}, mine.signal)).rejects.not.toBeInstanceOf(ApiError);
  });
});
