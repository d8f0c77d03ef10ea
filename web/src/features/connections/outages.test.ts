import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Wire } from "../../lib/test_wire";
import { connections } from "./api";
import { followOutages } from "./outages";

describe("the list of accounts", () => {
  let asked: number;
  let leave: () => void;
  let end: () => void;
  const wire = (): Wire => Wire.opened.at(-1) ?? expect.fail("no stream is open");
  async function hears(type: string, more: object = {}): Promise<void> {
    wire().says({ type, ...more });
    await vi.advanceTimersByTimeAsync(1_000);
  }

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", Wire);
    vi.stubGlobal("window", new EventTarget());
    Wire.opened.length = 0;
    const client = new QueryClient();
    asked = 0;
    const queryFn = (): Promise<object> => {
      asked += 1;
      return Promise.resolve({ connections: [] });
    };
    leave = new QueryObserver<object>(client, { queryKey: connections.queryKey, queryFn }).subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    end = followOutages(client);
  });
  afterEach(() => {
    end();
    leave();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("is asked for when one goes down, and when it comes up again", async () => {
    expect(wire().url).toContain("topics=integration.*");
    await hears("feed.connected");
    const before = asked;
    await hears("integration.down");
    expect(asked).toBe(before + 1);
    await hears("feed.position", { seq: 9 });
    await hears("feed.keepalive");
    expect(asked).toBe(before + 1);
    await hears("integration.up");
    expect(asked).toBe(before + 2);
  });

  it("is asked for when the stream comes back: something may have been missed", async () => {
    await hears("feed.connected");
    const before = asked;
    wire().onerror?.();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(Wire.opened).toHaveLength(2);
    expect(asked).toBe(before);
    await hears("feed.connected");
    expect(asked).toBe(before + 1);
  });

  it("is followed no more when it is not shown", () => {
    end();
    expect(wire().closed).toBe(true);
  });
});
