import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, getJson } from "./api";

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
