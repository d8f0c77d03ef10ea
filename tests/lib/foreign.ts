// What each route can be asked about, given ids of whomever: in its path, query, body and lists. Who asks about
// another's is to learn no more than who asks about what never was: neither by the answer (tenancy.test) nor by
// the way to it (timing.test).
import { randomBytes } from "node:crypto";
import { ask, type CallDetail } from "./api.ts";
import { must, type Person } from "./company.ts";
import type { Server } from "./server.ts";
import { callOf, post } from "./twilio.ts";
import { until } from "./wait.ts";

/** `line` is one of the log of a call, `event` a webhook that was received. */
export type Ids = { project: string; conversation: string; call: string; line: string; event: string; user: string; role: string; key: string; session: string; account: string; run: string };
export type Request = { path: string; body?: unknown; key?: string; header?: Record<string, string> };

export const MISSING: Ids = { project: "999001", conversation: "999002", call: `CA${"0".repeat(32)}`, line: "999008", event: "999003", user: "999004", role: "999005", key: "999006", session: "no-such-session", account: `AC${"0".repeat(32)}`, run: "999007" };

/** By method and route; `own` are ids within the asker's own reach. A route that is not here takes no id but the project's. */
export const ABOUT: Record<string, (ids: Ids, own: Ids) => Request[]> = {
  "POST /api/me/project": (ids) => [{ path: "/api/me/project", body: { project_id: ids.project } }],
  "DELETE /api/me/sessions/:id": (ids) => [{ path: `/api/me/sessions/${ids.session}` }],
  "POST /api/users": (ids) => [{ path: "/api/users", body: { email: "nobody@nowhere.example", role: "viewer", project_id: ids.project } }],
  "GET /api/users/:id": (ids) => [{ path: `/api/users/${ids.user}` }],
  "PATCH /api/users/:id": (ids) => [{ path: `/api/users/${ids.user}`, body: { disabled: true } }, { path: `/api/users/${ids.user}`, body: { disabled: false } }],
  "POST /api/users/:id/link": (ids) => [{ path: `/api/users/${ids.user}/link` }],
  "DELETE /api/users/:id/sessions": (ids) => [{ path: `/api/users/${ids.user}/sessions` }],
  "POST /api/users/:id/roles": (ids, own) => [
    { path: `/api/users/${ids.user}/roles`, body: { role: "viewer", project_id: own.project } },
    { path: `/api/users/${own.user}/roles`, body: { role: "viewer", project_id: ids.project } },
  ],
  "DELETE /api/users/:id/roles/:role_id": (ids, own) => [{ path: `/api/users/${ids.user}/roles/${ids.role}` }, { path: `/api/users/${own.user}/roles/${ids.role}` }],
  "DELETE /api/keys/:id": (ids) => [{ path: `/api/keys/${ids.key}` }],
  "GET /api/conversations/:id": (ids) => [{ path: `/api/conversations/${ids.conversation}` }],
  "GET /api/conversations/:id/messages": (ids) => [{ path: `/api/conversations/${ids.conversation}/messages` }],
  "GET /api/calls/:sid": (ids, own) => [
    { path: `/api/calls/${ids.call}` },
    { path: `/api/calls/${ids.call}?as_of=1` },
    { path: `/api/calls/${own.call}?as_of=${ids.line}` },
  ],
  "GET /api/calls/:sid/recording": (ids) => [{ path: `/api/calls/${ids.call}/recording` }],
  "GET /api/sync/call/:sid": (ids) => [{ path: `/api/sync/call/${ids.call}` }],
  "POST /api/sync/call/:sid": (ids) => [{ path: `/api/sync/call/${ids.call}` }],
  "GET /api/events": (ids) => [{ path: `/api/events?ids=${ids.event}` }, { path: `/api/events?call_sid=${ids.call}` }],
  "GET /api/events/:id": (ids) => [{ path: `/api/events/${ids.event}` }],
  "POST /api/events/:id/reprocess": (ids) => [{ path: `/api/events/${ids.event}/reprocess` }],
  "POST /api/events/reprocess": (ids) => [
    { path: "/api/events/reprocess", body: { ids: [ids.event, ids.event] } },
    { path: "/api/events/reprocess", body: { filter: { processing_status: "dead_letter", ...(ids === MISSING && { error: "no such reason" }) } } },
  ],
  "GET /api/audit": (ids) => [{ path: `/api/audit?of_project=${ids.project}` }],
  "DELETE /api/connections/:provider/:account": (ids) => [{ path: `/api/connections/twilio/${ids.account}` }],
  "GET /api/jobs/:name/runs/:id": (ids) => [{ path: `/api/jobs/freeze/runs/${ids.run}` }],
};

/** The first line of a call's log. */
export async function firstLine(server: Server, by: Person, project: string, sid: string): Promise<string> {
  return (await must<CallDetail>(server, by.token, "GET", `/api/calls/${sid}`, undefined, project)).events[0]?.id ?? "";
}

/** A call of a project of one's own, which has ended; the account by which it came in is gone again. */
export async function bringCall(server: Server, by: Person, project: string): Promise<Pick<Ids, "call" | "line">> {
  const account = { sid: `AC${randomBytes(16).toString("hex")}`, token: randomBytes(16).toString("hex") };
  const path = `/api/connections/twilio/${account.sid}`;
  await must(server, by.token, "PUT", path, { secret: account.token }, project);
  const call = callOf(server, account, "+12125550188");
  await call.arrives();
  await call.status("completed", { CallDuration: "3" });
  await until("the call has ended", async () => {
    const { status, body } = await ask<CallDetail>(server, `/api/calls/${call.sid}`, { key: by.token, headers: { "X-Project-Id": project } });
    return (status === 200 && body.call.is_final) || undefined;
  });
  await must(server, by.token, "DELETE", path, undefined, project);
  const ringing = { AccountSid: account.sid, CallSid: call.sid, CallStatus: "ringing", From: call.from, To: call.to };
  await until("the account is forgotten", async () => ((await post(server, "voice-inbound", ringing, account.token)).status === 403 ? true : undefined));
  return { call: call.sid, line: await firstLine(server, by, project, call.sid) };
}
