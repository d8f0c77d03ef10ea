import { describe, expect, it } from "vitest";
import { startOf } from "../../lib/zone";
import { NO_FILTER, filterQuery, isFiltered } from "./filter";

describe("a filter", () => {
  it("is none when nothing is chosen", () => {
    expect(isFiltered(NO_FILTER)).toBe(false);
    expect(Object.values(filterQuery(NO_FILTER)).every((value) => value === undefined)).toBe(true);
  });

  it("takes the last day as a whole", () => {
    const { from, to } = filterQuery({ ...NO_FILTER, from: "2026-02-08", to: "2026-02-08" });
    expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBe(24 * 3600 * 1000);
    expect(new Date(from ?? "").getHours()).toBe(0);
  });

  it("passes over what is no day, and over blanks", () => {
    expect(startOf("yesterday")).toBeUndefined();
    expect(filterQuery({ ...NO_FILTER, q: "  " })["q"]).toBeUndefined();
  });
});
