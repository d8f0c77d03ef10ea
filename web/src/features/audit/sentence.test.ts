import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../../lib/types";
import { sentenceOf, whoOf } from "./sentence";

const entry: AuditEntry = {
  seq: "7",
  ts: "2026-02-08T06:11:00Z",
  project_id: null,
  actor: { kind: "user", id: "1", name: "ann@example.com" },
  action: "role.granted",
  entity: { type: "user", id: "2", name: "bob@example.com" },
  details: { before: null, after: "operator" },
  address: null,
  trace_id: null,
};

describe("an entry of the audit log", () => {
  it("says what was done to whom", () => {
    expect(sentenceOf(entry)).toBe("Gave a role: bob@example.com is Operator");
    expect(sentenceOf({ ...entry, details: { before: "viewer", after: "operator" } })).toBe("Changed a role: bob@example.com is Operator, was Viewer");
  });

  it("says as what somebody was invited, and of another link that it is one", () => {
    const invited = { ...entry, action: "user.invited" };
    expect(sentenceOf(invited)).toBe("Invited bob@example.com as Operator");
    expect(sentenceOf({ ...invited, details: {} })).toBe("Made a link that invites bob@example.com");
  });

  it("says of an account of a provider that it was connected, or given other secrets", () => {
    const set = { ...entry, action: "connection.set", entity: { type: "connection", id: "twilio AC1", name: null } };
    expect(sentenceOf({ ...set, details: { before: null, after: "connected" } })).toBe("Connected an account: twilio AC1");
    expect(sentenceOf({ ...set, details: { before: "connected", after: "connected" } })).toBe("Gave an account another secret: twilio AC1");
    expect(sentenceOf({ ...set, details: { before: "connected", after: "connected with two secrets" } })).toBe("Gave an account two secrets: twilio AC1");
  });

  it("names flags as the room of operations does", () => {
    const switched = { ...entry, action: "flags.changed", entity: { type: "project", id: "1", name: null } };
    const after = "worker_percentage=50 realtime_push_enabled=off moon_phase=3";
    expect(sentenceOf({ ...switched, details: { before: null, after } })).toBe("Switched flags: Share of calls: 50 %, Live push: Off, moon_phase=3");
  });

  it("says of a table that was taken away of what it was, and by what it was narrowed", () => {
    const taken = { ...entry, action: "export.made", entity: { type: "export", id: "conversations", name: null } };
    expect(sentenceOf({ ...taken, details: { rows: 105, filter: {} } })).toBe("Took a table away: conversations");
    expect(sentenceOf({ ...taken, details: { rows: 1, filter: { status: "busy", q: "555" } } })).toBe("Took a table away: conversations, status=busy, q=555");
    expect(sentenceOf({ ...taken, entity: { ...taken.entity, id: "moons" }, details: { rows: 1 } })).toBe("Took a table away: moons");
  });

  it("names by number who is not known, and an action that has no words by itself", () => {
    expect(sentenceOf({ ...entry, action: "user.disabled", entity: { ...entry.entity, name: null }, details: {} })).toBe("Switched off the account of person no. 2");
    expect(sentenceOf({ ...entry, action: "moon.landed", details: {} })).toBe("moon.landed");
  });

  it("says who did it: by name, at the console, before they were known, or the server itself", () => {
    const nobody = (name: string, address: string | null): string => whoOf({ ...entry, actor: { kind: "system", id: null, name }, address });
    expect(whoOf(entry)).toBe("ann@example.com");
    expect(whoOf({ ...entry, actor: { kind: "api_key", id: "3", name: "console" } })).toBe("console");
    expect(nobody("console", null)).toBe("At the server's console");
    expect(nobody("system", "198.51.100.7")).toBe("Not signed in");
    expect(nobody("system", null)).toBe("The server");
  });
});
