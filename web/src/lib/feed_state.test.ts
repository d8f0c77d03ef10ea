import { describe, expect, it } from "vitest";
import { FAR_BEHIND, anchorFeed, backoff, initialFeedState, staleSince, takeEvents, takePage } from "./feed_state";
import { aCall, aPage, anEvent } from "./test_data";

const NOW = 5_000;
const at = (seq: number): ReturnType<typeof anchorFeed> => anchorFeed(initialFeedState, "e1", seq, 0);
const seqs = (step: { apply: { seq: number }[] }): number[] => step.apply.map((event) => event.seq);

describe("takeEvents", () => {
  it("applies what comes next, in order", () => {
    const step = takeEvents(at(7), [anEvent(8), anEvent(9)], NOW);
    expect(seqs(step)).toEqual([8, 9]);
    expect(step).toMatchObject({ need: "nothing", state: { seq: 9, heardAt: NOW } });
  });

  it("passes over what it has seen", () => {
    const step = takeEvents(at(7), [anEvent(6), anEvent(7), anEvent(8)], NOW);
    expect(seqs(step)).toEqual([8]);
    expect(step.need).toBe("nothing");
  });

  it("counts what is of no call, and applies nothing of it", () => {
    const step = takeEvents(at(7), [{ ...anEvent(8), call: null }, anEvent(9), { ...anEvent(10), call: null }], NOW);
    expect(seqs(step)).toEqual([9]);
    expect(step).toMatchObject({ need: "nothing", state: { seq: 10 } });
  });

  it("stops before a gap and asks for what is missing", () => {
    const step = takeEvents(at(7), [anEvent(8), anEvent(10)], NOW);
    expect(seqs(step)).toEqual([8]);
    expect(step).toMatchObject({ need: "catch-up", state: { seq: 8 } });
  });

  it("takes nothing from another epoch", () => {
    const step = takeEvents(at(7), [anEvent(8, undefined, "e2")], NOW);
    expect(seqs(step)).toEqual([]);
    expect(step).toMatchObject({ need: "resync", state: { seq: 7, epoch: "e1" } });
  });
});

describe("what is known of the feed", () => {
  it("tells how late the last event came", () => {
    const call = aCall({ updated_at: new Date(NOW - 1_500).toISOString() });
    const state = takeEvents(at(7), [anEvent(8, call)], NOW).state;
    expect(state.lagMs).toBe(1_500);
    expect(takeEvents(state, [], NOW + 9_000).state.lagMs).toBe(1_500);
    expect(takeEvents(at(7), [anEvent(8, aCall({ updated_at: new Date(NOW + 50).toISOString() }))], NOW).state.lagMs).toBe(0);
  });

  it.each([
    ["live", null],
    ["polling", null],
    ["starting", null],
    ["catching-up", NOW],
    ["offline", NOW],
  ] as const)("%s, it vouches until %s", (connection, until) => {
    expect(staleSince({ ...at(7), connection, heardAt: NOW })).toBe(until);
  });
});

describe("takePage", () => {
  it("applies a page and asks for the next one while there is more", () => {
    const step = takePage(at(1), aPage([anEvent(2), anEvent(3)], 9, { has_more: true }), NOW);
    expect(seqs(step)).toEqual([2, 3]);
    expect(step.need).toBe("catch-up");
  });

  it("takes the number of an event that is of no call", () => {
    const outage = {
      seq: 3,
      epoch: "e1",
      type: "integration.down",
      ts: "2026-02-08T06:11:00Z",
      late: false,
      project_id: "1",
      entity: { type: "integration", id: "twilio/AC1" },
      payload: { provider: "twilio", account: "AC1", code: "INTEGRATION_TIMEOUT", since: "2026-02-08T06:11:00Z" },
      trace_id: null,
    } as const;
    const page = aPage([anEvent(2), anEvent(4)], 4);
    const step = takePage(at(1), { ...page, events: [page.events[0] ?? expect.fail(), outage, page.events[1] ?? expect.fail()] }, NOW);
    expect(seqs(step)).toEqual([2, 4]);
    expect(step).toMatchObject({ need: "nothing", state: { seq: 4 } });
  });

  it("is content with an empty page", () => {
    expect(takePage(at(9), aPage([], 9), NOW)).toMatchObject({ need: "nothing", state: { seq: 9, heardAt: NOW } });
  });

  it.each([
    ["the start is no longer kept", aPage([anEvent(5)], 9, { resync: true, first_seq: 5 })],
    ["the history is another one", aPage([], 9, { epoch: "e2" })],
    ["the history is behind us", aPage([], 1)],
    ["so much was missed that the lists are loaded sooner", aPage([anEvent(3)], FAR_BEHIND + 3, { has_more: true })],
    ["the page does not start where it was asked to", aPage([anEvent(4)], 9)],
  ])("starts over when %s", (_, page) => {
    expect(takePage(at(2), page, NOW)).toMatchObject({ need: "resync", apply: [] });
  });
});

describe("backoff", () => {
  it("doubles up to a ceiling and is spread over its upper half", () => {
    expect([1, 2, 3, 20].map((n) => backoff(n, 1))).toEqual([500, 1_000, 2_000, 30_000]);
    expect(backoff(3, 0)).toBe(1_000);
  });
});
