import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openEventStream } from "./event_stream";
import type { StreamHandlers } from "./feed";
import { anEvent } from "./test_data";

/** What the browser would be, with a server that says what it is told to. */
class Wire extends EventTarget {
  static last: Wire | undefined;
  closed = false;
  onerror: (() => void) | null = null;

  constructor() {
    super();
    Wire.last = this;
  }

  close(): void {
    this.closed = true;
  }

  says(seq: number): void {
    const { late, ...event } = anEvent(seq);
    const data = JSON.stringify({ event: "call.updated", data: { late }, ...event });
    this.dispatchEvent(new MessageEvent("call.updated", { data }));
  }
}

function opened() {
  const taken: number[][] = [];
  const handlers: StreamHandlers = {
    onOpen: () => undefined,
    onEvents: (events) => taken.push(events.map(({ seq }) => seq)),
    onKeepalive: () => undefined,
    onResync: () => undefined,
    onLost: () => undefined,
  };
  const close = openEventStream(0, "e1", handlers);
  if (Wire.last === undefined) throw new Error("no stream was opened");
  return { wire: Wire.last, close, taken };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Wire);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("openEventStream", () => {
  it("hands on together what comes together, in order", () => {
    const { wire, taken } = opened();
    wire.says(1);
    wire.says(2);
    expect(taken).toEqual([]);
    vi.advanceTimersByTime(100);
    wire.says(3);
    vi.advanceTimersByTime(100);
    expect(taken).toEqual([[1, 2], [3]]);
  });

  it("hands on nothing after it was closed", () => {
    const { wire, close, taken } = opened();
    wire.says(1);
    close();
    vi.advanceTimersByTime(100);
    expect(wire.closed).toBe(true);
    expect(taken).toEqual([]);
  });
});
