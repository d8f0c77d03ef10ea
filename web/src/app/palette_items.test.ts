import { describe, expect, it } from "vitest";
import type { Place } from "../lib/location";
import type { Conversation } from "../lib/types";
import { paletteItems } from "./palette_items";
import type { Room, Sought } from "./palette_items";

const ann: Conversation = {
  id: "42",
  subject: "",
  status: "active",
  last_message: null,
  contact: { display_name: "Ann", phone_number: "+1 (508) 514-0320" },
  created_at: "2026-02-08T06:11:00Z",
  updated_at: "2026-02-08T06:11:00Z",
  external_id: "+15085140320",
};
const rooms: Room[] = [
  { label: "Calls", place: { view: "calls", open: null } },
  { label: "Get started", place: { view: "start", open: null } },
  { label: "Accounts", place: { view: "settings", open: "connections" } },
];
const NOTHING: Sought = { sid: null, mayBeCall: true, event: null };

describe("the palette", () => {
  const went: Partial<Place>[] = [];
  const acts = { go: (place: Partial<Place>) => went.push(place), others: [{ label: "Dark", act: () => went.push({}) }] };
  const labels = (q: string, contacts: Conversation[] = [], sought = NOTHING): string[] => paletteItems(q, { contacts, sought }, rooms, acts).map(({ label }) => label);

  it("offers the views and the actions when nothing is typed", () => {
    expect(labels("")).toEqual(["Go to Calls", "Go to Get started", "Go to Accounts", "Dark"]);
  });

  it("puts contacts first, and the search of all calls last", () => {
    expect(labels("ann", [ann])).toEqual(["Ann", "Search all calls for “ann”"]);
    paletteItems("ann", { contacts: [ann], sought: NOTHING }, rooms, acts)[0]?.act();
    expect(went.at(-1)).toEqual({ view: "calls", open: "42" });
  });

  it("knows a call SID by its look", () => {
    expect(labels("CA0123")).toContain("Open call CA0123");
    expect(labels("settings")).not.toContain("Open call settings");
    expect(labels("Room12")).toEqual(["Open call Room12", "Search all calls for “Room12”"]);
  });

  it("offers what there is of a SID: the call, what was received of it, or the room of its kind", () => {
    const sid = `RE${"0".repeat(32)}`;
    expect(labels(sid, [], { ...NOTHING, sid })).toEqual([`Open call ${sid}`]);
    expect(labels(sid, [], { sid, mayBeCall: false, event: "7" })).toEqual([`Open what was received of ${sid}`]);
    expect(labels(sid, [], { sid, mayBeCall: false, event: null })).toEqual([]);
    expect(labels("AC0123")).toEqual(["Go to Accounts", "Search all calls for “AC0123”"]);
  });

  it("offers no call to who may not see any", () => {
    expect(labels("Room12", [], { ...NOTHING, mayBeCall: false })).toEqual([]);
  });

  it("finds a name by its words, in any order", () => {
    expect(labels("started go")).toContain("Go to Get started");
  });
});
