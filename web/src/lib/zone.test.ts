import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dayName, instantOf, shortTime, timeOfDay } from "./format";
import { choose, chosen } from "./preferences";
import { dayOf, startOfDay } from "./zone";

const NEW_YEAR_IN_MOSCOW = "2025-12-31T21:30:00.250Z";
const plain = (shown: string): string => shown.replaceAll("\u202f", " ");

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
  vi.stubGlobal("window", new EventTarget());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the chosen zone", () => {
  it("tells the hour, the day and the year", () => {
    choose("zone", "Europe/Moscow");
    expect(plain(timeOfDay(NEW_YEAR_IN_MOSCOW))).toBe("12:30:00 AM");
    expect(dayOf(Date.parse(NEW_YEAR_IN_MOSCOW))).toBe("2026-01-01");
    choose("zone", "America/New_York");
    expect(plain(timeOfDay(NEW_YEAR_IN_MOSCOW))).toBe("4:30:00 PM");
    expect(dayOf(Date.parse(NEW_YEAR_IN_MOSCOW))).toBe("2025-12-31");
  });

  it("is told with the exact instant", () => {
    choose("zone", "Asia/Kolkata");
    expect(plain(instantOf(NEW_YEAR_IN_MOSCOW))).toBe("Jan 1, 2026, 3:00:00.250 AM GMT+05:30");
  });

  it("decides what is today and yesterday", () => {
    const now = Date.parse(NEW_YEAR_IN_MOSCOW);
    choose("zone", "Europe/Moscow");
    expect(dayName("2025-12-31T20:30:00Z", now)).toBe("Yesterday");
    expect(shortTime("2025-12-31T20:30:00Z", now)).toBe("Dec 31, 2025");
    choose("zone", "UTC");
    expect(dayName("2025-12-31T20:30:00Z", now)).toBe("Today");
  });

  it("starts its days when its clocks say so, on days of a change too", () => {
    choose("zone", "America/New_York");
    expect(startOfDay(2026, 3, 8).toISOString()).toBe("2026-03-08T05:00:00.000Z");
    expect(startOfDay(2026, 3, 9).toISOString()).toBe("2026-03-09T04:00:00.000Z");
    choose("zone", "Pacific/Auckland");
    expect(startOfDay(2026, 2, 8).toISOString()).toBe("2026-02-07T11:00:00.000Z");
  });
});

describe("a preference", () => {
  it("is the default while what is stored makes no sense", () => {
    localStorage.setItem("hookswitch-zone", "Middle/Earth");
    localStorage.setItem("hookswitch-sound", "loud");
    expect([chosen("zone"), chosen("sound"), chosen("language")]).toEqual(["auto", "off", "auto"]);
  });

  it("holds for this page when nothing can be stored", () => {
    const refuse = (): never => {
      throw new Error("storage is switched off");
    };
    vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
    choose("sound", "on");
    expect(chosen("sound")).toBe("on");
  });

  it("is told to those who listen", () => {
    const heard = vi.fn();
    window.addEventListener("hookswitch:chosen", heard);
    choose("sound", "on");
    expect(heard).toHaveBeenCalledOnce();
  });
});
