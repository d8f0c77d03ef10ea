import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./api";
import { Feed } from "./feed";
import type { FeedDeps, StreamHandlers } from "./feed";
import { aPage, anEvent } from "./test_data";
import type { FeedPage } from "./types";

const unreachable = new ApiError(0, "unreachable", [], null);

/** A server that answers pages in the given order (the last one for ever) and records the streams. */
function scripted(pages: (FeedPage | Error)[], onServerTime: FeedDeps["onServerTime"] = () => undefined) {
  const streams: { seq: number; handlers: StreamHandlers; closed: boolean }[] = [];
  const applied: number[] = [];
  const anchored = vi.fn();
  const asked: number[] = [];
  const push = { allowed: true };
  const surprised = vi.fn();
  const deps: FeedDeps = {
    fetchPage: (afterSeq) => {
      asked.push(afterSeq);
      const page = pages.length > 1 ? pages.shift() : pages[0];
      return page instanceof Error || page === undefined ? Promise.reject(page ?? unreachable) : Promise.resolve(page);
    },
    openStream: (seq, _epoch, handlers) => {
      const stream = { seq, handlers, closed: false };
      streams.push(stream);
      return () => {
        stream.closed = true;
      };
    },
    pushAllowed: () => Promise.resolve(push.allowed),
    onAnchor: anchored,
    onEvents: (events) => applied.push(...events.map((event) => event.seq)),
    onServerTime,
    onSurprise: surprised,
    now: () => Date.now(),
    random: () => 1,
  };
  const feed = new Feed(deps);
  const last = () => {
    const stream = streams.at(-1);
    if (stream === undefined) throw new Error("no stream was opened");
    return stream;
  };
  const run = async () => {
    void feed.run();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { feed, deps, run, streams, last, applied, anchored, asked, push, surprised };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("Feed", () => {
  it("streams from the anchor that it took before the lists were loaded", async () => {
    const t = scripted([aPage([], 7)]);
    await t.run();
    expect(t.anchored).toHaveBeenCalledOnce();
    expect(t.last().seq).toBe(7);

    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    t.last().handlers.onEvents([anEvent(8)]);
    expect(t.feed.getState()).toMatchObject({ connection: "live", seq: 8 });
    expect(t.applied).toEqual([8]);
    t.feed.stop();
  });

  it("catches up by pages after a loss and resumes from there", async () => {
    const t = scripted([aPage([], 1), aPage([], 1), aPage([anEvent(2), anEvent(3)], 3), aPage([], 3)]);
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    t.last().handlers.onLost();
    await vi.advanceTimersByTimeAsync(500);
    expect(t.applied).toEqual([2, 3]);
    expect(t.streams.map((stream) => stream.seq)).toEqual([1, 3]);
    expect(t.streams[0]?.closed).toBe(true);
    t.feed.stop();
  });

  it("fills a gap in the stream before it goes on", async () => {
    const t = scripted([aPage([], 1), aPage([], 1), aPage([anEvent(2), anEvent(3), anEvent(4)], 4), aPage([], 4)]);
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    t.last().handlers.onEvents([anEvent(4)]);
    await vi.advanceTimersByTimeAsync(0);
    expect(t.applied).toEqual([2, 3, 4]);
    expect(t.last().seq).toBe(4);
    t.feed.stop();
  });

  it("loads the lists anew when the server asks for it or the epoch is another one", async () => {
    const t = scripted([aPage([], 5)]);
    await t.run();
    t.last().handlers.onResync();
    await vi.advanceTimersByTimeAsync(0);
    expect(t.anchored).toHaveBeenCalledTimes(2);

    t.last().handlers.onKeepalive("2026-02-08T06:11:00Z");
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e2");
    await vi.advanceTimersByTimeAsync(0);
    expect(t.anchored).toHaveBeenCalledTimes(3);
    t.feed.stop();
  });

  it("waits longer each time while all it is told is to load the lists anew", async () => {
    const t = scripted([aPage([], 5)]);
    /** How long it takes until the lists are loaded anew. */
    const waited = async (): Promise<number> => {
      const { length } = t.streams;
      t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
      t.last().handlers.onResync();
      const from = Date.now();
      await vi.advanceTimersByTimeAsync(0);
      while (t.streams.length === length) await vi.advanceTimersByTimeAsync(250);
      return Date.now() - from;
    };
    await t.run();
    expect([await waited(), await waited(), await waited(), await waited()]).toEqual([0, 500, 1_000, 2_000]);
    t.last().handlers.onEvents([anEvent(6)]);
    expect([await waited(), await waited()]).toEqual([0, 500]);
    t.last().handlers.onResync();
    await vi.advanceTimersByTimeAsync(0);
    expect(t.feed.getState().connection).toBe("catching-up");
    t.feed.stop();
  });

  it("does not wait when it was woken while it asked", async () => {
    const t = scripted([aPage([], 1)]);
    await t.run();
    let fail: (error: Error) => void = () => undefined;
    const { fetchPage } = t.deps;
    t.deps.fetchPage = (afterSeq) => {
      t.asked.push(afterSeq);
      return new Promise((_, reject) => (fail = reject));
    };
    t.feed.lose();
    await vi.advanceTimersByTimeAsync(500);
    const { length } = t.asked;
    t.feed.wake();
    fail(unreachable);
    t.deps.fetchPage = fetchPage;
    await vi.advanceTimersByTimeAsync(0);
    expect(t.asked).toHaveLength(length + 1);
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    expect(t.feed.getState().connection).toBe("live");
    t.feed.stop();
  });

  it("polls when the stream keeps failing, and tries it again later", async () => {
    const t = scripted([aPage([], 5)]);
    await t.run();
    for (let i = 0; i < 3; i++) {
      t.last().handlers.onLost();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(t.feed.getState().connection).toBe("polling");
    expect(t.streams).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(t.streams).toHaveLength(4);
    t.feed.stop();
  });

  it("polls when the server has switched push off", async () => {
    const t = scripted([aPage([], 5)]);
    t.push.allowed = false;
    await t.run();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(t.streams).toHaveLength(0);
    expect(t.asked.length).toBeGreaterThan(3);
    expect(t.feed.getState().connection).toBe("polling");
    t.feed.stop();
  });

  it("tells when it is offline and recovers without losing anything", async () => {
    const t = scripted([aPage([], 1), unreachable, unreachable, aPage([anEvent(2)], 2), aPage([], 2)]);
    await t.run();
    expect(t.feed.getState().connection).toBe("offline");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(t.applied).toEqual([2]);
    expect(t.last().seq).toBe(2);
    t.feed.stop();
  });

  it("treats a silent stream as lost", async () => {
    const t = scripted([aPage([], 1)]);
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    await vi.advanceTimersByTimeAsync(45_000);
    expect(t.streams[0]?.closed).toBe(true);
    t.feed.stop();
  });

  it("takes a stream for lost that was silent while the machine slept, as soon as somebody looks", async () => {
    const t = scripted([aPage([], 1), aPage([], 1), aPage([anEvent(2)], 2), aPage([], 2)]);
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    vi.setSystemTime(Date.now() + 31_000); // no timer has run meanwhile
    t.feed.wake();
    expect(t.streams[0]?.closed).toBe(false);
    vi.setSystemTime(Date.now() + 2_000);
    t.feed.wake();
    expect(t.streams[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(500);
    expect(t.applied).toEqual([2]);
    expect(t.last().seq).toBe(2);
    t.feed.stop();
  });

  it("takes no stream for silent whose server only had another clock", async () => {
    const t = scripted([aPage([], 1)], () => vi.setSystemTime(Date.now() + 60_000));
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    t.feed.wake();
    t.last().handlers.onKeepalive("2026-02-08T06:12:00Z");
    t.feed.wake();
    expect(t.streams[0]?.closed).toBe(false);
    t.feed.stop();
  });

  it("goes from polling back to the stream, and is as live as before", async () => {
    const t = scripted([aPage([], 5)]);
    await t.run();
    for (let i = 0; i < 3; i++) {
      t.last().handlers.onLost();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await vi.advanceTimersByTimeAsync(30_000);
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    expect(t.feed.getState()).toMatchObject({ connection: "live", failures: 0 });
    t.last().handlers.onEvents([anEvent(6)]);
    expect(t.applied).toEqual([6]);
    t.last().handlers.onLost(); // one loss is again no reason to poll
    expect(t.feed.getState().connection).not.toBe("polling");
    await vi.advanceTimersByTimeAsync(500);
    expect(t.streams).toHaveLength(5);
    t.feed.stop();
  });

  it("tells why it has no anchor, until it has one", async () => {
    const refused = new ApiError(503, "not now", [], null);
    const t = scripted([refused, aPage([], 1)]);
    await t.run();
    expect(t.feed.getState()).toMatchObject({ epoch: null, error: refused });
    t.feed.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(t.feed.getState()).toMatchObject({ epoch: "e1", error: null });
    t.feed.stop();
  });

  it("marks the page at once when the network goes, and comes back with it", async () => {
    const t = scripted([aPage([], 1), aPage([], 1), unreachable, aPage([anEvent(2)], 2), aPage([], 2)]);
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    t.feed.lose();
    expect(t.feed.getState().connection).toBe("offline");
    expect(t.streams[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(500);
    expect(t.feed.getState().connection).toBe("offline");
    t.feed.wake();
    await vi.advanceTimersByTimeAsync(0);
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    expect(t.applied).toEqual([2]);
    expect(t.feed.getState().connection).toBe("live");
    t.feed.stop();
  });

  it("marks a page that polls, too, until the next answer", async () => {
    const t = scripted([aPage([], 5)]);
    t.push.allowed = false;
    await t.run();
    t.feed.lose();
    expect(t.feed.getState().connection).toBe("offline");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(t.feed.getState().connection).toBe("polling");
    t.feed.stop();
  });

  it("goes on after a surprise, when it has waited and loaded the lists anew", async () => {
    const surprise = new TypeError("nobody foresaw this");
    const t = scripted([surprise, aPage([], 1), surprise, aPage([], 4)]);
    await t.run();
    expect(t.feed.getState()).toMatchObject({ connection: "offline", epoch: null, error: surprise });
    expect(t.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(t.feed.getState()).toMatchObject({ connection: "offline", seq: 1, error: surprise });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(t.feed.getState()).toMatchObject({ seq: 4, error: null });
    expect(t.anchored).toHaveBeenCalledTimes(2);
    expect(t.last().seq).toBe(4);
    expect(t.surprised.mock.calls).toEqual([[surprise], [surprise]]);
    t.feed.stop();
  });

  it("goes on when events of the stream cannot be applied: the lists are loaded anew", async () => {
    const t = scripted([aPage([], 1), aPage([], 1), aPage([], 2)]);
    await t.run();
    t.last().handlers.onOpen("2026-02-08T06:11:00Z", "e1");
    t.deps.onEvents = () => {
      throw new RangeError("no such currency");
    };
    t.last().handlers.onEvents([anEvent(2)]);
    await vi.advanceTimersByTimeAsync(0);
    expect(t.streams[0]?.closed).toBe(true);
    expect(t.feed.getState().connection).toBe("offline");
    await vi.advanceTimersByTimeAsync(500);
    expect(t.anchored).toHaveBeenCalledTimes(2);
    expect(t.last().seq).toBe(2);
    expect(t.surprised).toHaveBeenCalledOnce();
    t.feed.stop();
  });

  it("waits longer each time while no event can be applied, and no longer than before once one was", async () => {
    const t = scripted([aPage([], 1)]);
    const { onEvents } = t.deps;
    const unapplied = (): void => {
      throw new RangeError("no such currency");
    };
    /** How long it takes until the lists are loaded anew, after an event that cannot be applied. */
    const waited = async (): Promise<number> => {
      const { length } = t.streams;
      t.deps.onEvents = unapplied;
      t.last().handlers.onEvents([anEvent(2)]);
      const from = Date.now();
      while (t.streams.length === length) await vi.advanceTimersByTimeAsync(250);
      return Date.now() - from;
    };
    await t.run();
    expect([await waited(), await waited(), await waited()]).toEqual([500, 1_000, 2_000]);
    t.last().handlers.onKeepalive("2026-02-08T06:12:00Z");
    expect([await waited(), await waited()]).toEqual([500, 1_000]);
    t.deps.onEvents = onEvents;
    t.last().handlers.onEvents([anEvent(2)]);
    expect(t.feed.getState().seq).toBe(2);
    t.last().handlers.onResync();
    await vi.advanceTimersByTimeAsync(0);
    expect(await waited()).toBe(500);
    t.feed.stop();
  });

  it("goes on when who listens to it fails while it tells of a surprise", async () => {
    const t = scripted([new TypeError("nobody foresaw this"), aPage([], 1)]);
    const of = new RangeError("no such zone");
    const leave = t.feed.subscribe(() => {
      throw of;
    });
    await t.run();
    expect(t.surprised).toHaveBeenLastCalledWith(of);
    leave();
    await vi.advanceTimersByTimeAsync(500);
    expect(t.feed.getState()).toMatchObject({ seq: 1, error: null });
    t.feed.stop();
  });

  it("ends when the session has ended", async () => {
    const t = scripted([new ApiError(401, "signed out", [], null)]);
    await expect(t.feed.run()).resolves.toBeUndefined();
    expect(t.streams).toHaveLength(0);
  });
});
