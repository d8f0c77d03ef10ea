import { describe, expect, it } from "vitest";
import { hrefOf, moved, placeOf, todaysHref } from "./location";

describe("a place", () => {
  it("is written into the address and read from it", () => {
    for (const href of ["/app/", "/app/calls", "/app/calls/42?q=508&missed=true", "/app/call/CA1?as_of=7"])
      expect(hrefOf(placeOf(href))).toBe(href);
  });

  it("keeps what is written in other letters, and survives a bad escape", () => {
    expect(placeOf(hrefOf({ ...placeOf("/app/call"), open: "a/b?c" })).open).toBe("a/b?c");
    expect(placeOf("/app/call/%zz").open).toBe("%zz");
  });

  it("keeps the filter while one stays in a view, and drops it with the view", () => {
    const here = placeOf("/app/calls?missed=true");
    expect(hrefOf(moved(here, { open: "42" }))).toBe("/app/calls/42?missed=true");
    expect(hrefOf(moved(here, { view: "inbox" }))).toBe("/app/inbox");
  });

  it("has the page of what is open, and of nothing else", () => {
    const here = placeOf("/app/calls/42?missed=true&page=3");
    expect(hrefOf(moved(here, { call: "CA1" }))).toBe("/app/calls/42?missed=true&page=3&call=CA1");
    expect(hrefOf(moved(here, { open: "42" }))).toBe("/app/calls/42?missed=true&page=3");
    expect(hrefOf(moved(here, { open: "43" }))).toBe("/app/calls/43?missed=true");
    expect(hrefOf(moved(here, { open: null }))).toBe("/app/calls?missed=true");
  });

  it("leaves a sheet behind with the room that it lies over", () => {
    const here = placeOf("/app/settings/people?sheet=invite");
    expect(hrefOf(moved(here, { person: "3" }))).toBe("/app/settings/people?person=3&sheet=invite");
    expect(hrefOf(moved(here, { open: "keys" }))).toBe("/app/settings/keys");
    expect(hrefOf(moved(here, { open: "keys", sheet: "key" }))).toBe("/app/settings/keys?sheet=key");
  });

  it("keeps the project wherever one goes", () => {
    const here = placeOf("/app/calls?missed=true&project=7");
    expect(hrefOf(moved(here, { view: "inbox" }))).toBe("/app/inbox?project=7");
    expect(hrefOf(moved(here, { open: "42" }))).toBe("/app/calls/42?missed=true&project=7");
    expect(todaysHref("/app/?view=inbox&project=7")).toBe("/app/inbox?project=7");
  });

  it("is found by the addresses of old", () => {
    expect(todaysHref("/app/?view=inbox")).toBe("/app/inbox");
    expect(todaysHref("/app/?view=inbox&event=7")).toBe("/app/inbox?event=7");
    expect(todaysHref("/app/?view=inbox&call=CA1&conversation=42")).toBe("/app/calls/42?call=CA1");
    expect(todaysHref("/app/?conversation=42")).toBe("/app/calls/42");
    expect(todaysHref("/app/?view=")).toBe("/app/");
    for (const href of ["/app/", "/app/?call=CA1", "/app/inbox?view=x", "/app/calls/42"]) expect(todaysHref(href), href).toBeNull();
  });
});
