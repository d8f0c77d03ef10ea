import { QueryClient } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import type { FeedDeps } from "../lib/feed";
import { anEvent } from "../lib/test_data";

const alert = vi.hoisted(() => vi.fn());
const made = vi.hoisted((): FeedDeps[] => []);
vi.mock("../features/alerts/alerts", () => ({ createAlerts: () => alert }));
vi.mock("../lib/live", async (load) => ({
  ...(await load<typeof import("../lib/live")>()),
  LiveCache: class {
    apply(): void {
      throw new RangeError("no such currency");
    }
  },
}));
vi.mock("../lib/feed", () => ({
  Feed: function (deps: FeedDeps) {
    made.push(deps);
  },
}));

it("rings for a call also when a list cannot take its event", async () => {
  const { createFeed } = await import("./live");
  createFeed(new QueryClient());
  const events = [anEvent(1)];
  expect(() => { made[0]?.onEvents(events); }).toThrow("no such currency");
  expect(alert).toHaveBeenCalledWith(events);
});
