// What each route can be asked about, given ids of whomever: in its path, query, body and lists. Who asks about
// another's is to learn no more than who asks about what never was: neither by the answer (tenancy.test) nor by
// the way to it (timing.test).
export type Ids = { project: string; conversation: string; call: string; event: string; user: string; role: string; key: string; session: string; account: string; run: string };
export type Request = { path: string; body?: unknown; key?: string; header?: Record<string, string> };

export const MISSING: Ids = { project: "999001", conversation: "999002", call: `CA${"0".repeat(32)}`, event: "999003", user: "999004", role: "999005", key: "999006", session: "no-such-session", account: `AC${"0".repeat(32)}`, run: "999007" };

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
  "GET /api/calls/:sid": (ids) => [{ path: `/api/calls/${ids.call}` }, { path: `/api/calls/${ids.call}?as_of=1` }],
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
  "DELETE /api/connections/:provider/:account": (ids) => [{ path: `/api/connections/twilio/${ids.account}` }],
  "GET /api/jobs/:name/runs/:id": (ids) => [{ path: `/api/jobs/freeze/runs/${ids.run}` }],
};
