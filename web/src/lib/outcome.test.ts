import { describe, expect, it } from "vitest";
import type { Message } from "./types";
import { longest, outcomeLook, spansOf } from "./outcome";

function aMessage(change: Partial<Message>): Message {
  return {
    id: "1",
    twilio_sid: "CA1",
    subject: "",
    body: "",
    created_at: "2026-02-08T06:11:00Z",
    direction: "inbound",
    call_status: "completed",
    missed: false,
    duration: 35,
    total_duration: 35,
    talk_time: 29,
    wait_time: 6,
    recording_url: null,
    metadata: {},
    ...change,
  };
}

describe("the outcome of a call", () => {
  it("says how long one waited and talked", () => {
    expect(spansOf(aMessage({}))).toEqual({ wait: 6, talk: 29 });
    expect(outcomeLook(aMessage({})).word).toBe("Answered after 0:06, talked 0:29");
    expect(outcomeLook(aMessage({ wait_time: 0, talk_time: 35 })).word).toBe("Answered, talked 0:35");
  });

  it("calls missed what came in and reached nobody, and only that", () => {
    const unreached = { call_status: "no-answer", missed: true, duration: 0, total_duration: 24, talk_time: null, wait_time: null } as const;
    expect(outcomeLook(aMessage(unreached))).toMatchObject({ tone: "bad", word: "Missed: nobody answered" });
    expect(spansOf(aMessage(unreached))).toEqual({ wait: 24, talk: 0 });
    expect(outcomeLook(aMessage({ ...unreached, missed: false })).word).toBe("Nobody answered");
  });

  it("draws all calls on the scale of the longest", () => {
    expect(longest([aMessage({}), aMessage({ wait_time: 10, talk_time: 90 })])).toBe(100);
    expect(longest([])).toBe(1);
  });
});
