// The tenancy matrix: every route, asked as every role, about what is one's own, what is another's, and what
// was never there. The routes and the right that each needs are the program's own word (`hookswitch routes`),
// the rights of a role are those of GET /api/roles; a route without an entry in ROUTES below fails the test.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type Fault, get, type InboxPage, type SyncHealth } from "../lib/api.ts";
import { type Dump, dump } from "../lib/dump.ts";
import { accept, employ, found, invite, type Member, must, OWNER, type Person, ROLES, signIn } from "../lib/company.ts";
import { ACCOUNT_SID, API_KEY, type Server, startServer } from "../lib/server.ts";
import { idle } from "../lib/jobs.ts";
import { settled, tool } from "../lib/settled.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Ids = { project: string; conversation: string; call: string; event: string; user: string; role: string; key: string; session: string; account: string; run: string };
/** What one asks, given ids: those of one's own, another's, or nobody's. `own` is somebody within one's own reach. */
type Request = { path: string; body?: unknown; key?: string; header?: Record<string, string> };
type Entry = {
  /** With ids of whomever; none: the route takes none, but for the project. */
  about?: (ids: Ids, own: Ids) => Request[];
  /** What whoever has the right is answered, in their own project; ids that are used up are made anew. */
  mine: (ids: Ids) => Request | Promise<Request>;
  status?: number;
  /** Not for programs. */
  person?: true;
  /** Names what is not there instead of refusing the whole. */
  partial?: true;
  /** Never ends. */
  stream?: true;
  /** Beyond what the route asks for. */
  right?: string;
};

const MISSING: Ids = { project: "999001", conversation: "999002", call: `CA${"0".repeat(32)}`, event: "999003", user: "999004", role: "999005", key: "999006", session: "no-such-session", account: `AC${"0".repeat(32)}`, run: "999007" };

describe("F173 what is another's is answered like what is not there", () => {
  let server: Server;
  let owner: Person, other: Person;
  let a1: Ids, a2: Ids, b1: Ids;
  /** Those of the first organisation by role, and its API key. */
  const ours: Record<string, string> = {};
  /** Those who must not see project a1: who they are, and with which of their own ids. */
  const strangers: { name: string; token: string | null; own: Ids }[] = [];
  let rights: { roles: { name: string; rights: string[] }[]; rights: { name: string; for_keys: boolean }[] };
  let routes: { route: string; method: string; access: string }[];

  let n = 0;
  const guest = (): Promise<Member> => invite(server, owner, `guest${String((n += 1))}@first.example`, "viewer", a1.project);
  const newKey = (project: string, by: Person): Promise<{ key: { id: string }; secret: string }> =>
    must(server, by.token, "POST", "/api/keys", { name: "a key", rights: ["calls.read"] }, project);

  /** What asks for a run, when none is under way. */
  const idleAt = async (job: string, path: string): Promise<Request> => {
    await idle(server, job, owner.token, a1.project);
    return { path };
  };

  const ROUTES: Record<string, Entry> = {
    "GET /api/health/sync": { mine: () => ({ path: "/api/health/sync" }) },
    "GET /api/health/full": { mine: () => ({ path: "/api/health/full" }) },
    "POST /auth/logout": { mine: async () => ({ path: "/auth/logout", key: (await signIn(server, owner.email)).token }), status: 204 },
    "GET /api/me": { mine: () => ({ path: "/api/me" }) },
    "PATCH /api/me": { mine: () => ({ path: "/api/me", body: { theme: "dark" } }), person: true },
    "POST /api/me/password": {
      mine: async () => {
        const { link_token, user } = await guest();
        const { token, password } = await accept(server, link_token ?? "", user.email);
        return { path: "/api/me/password", key: token, body: { current_password: password, new_password: "another password" } };
      },
      status: 204,
      person: true,
    },
    "POST /api/me/project": {
      about: (ids) => [{ path: "/api/me/project", body: { project_id: ids.project } }],
      mine: (ids) => ({ path: "/api/me/project", body: { project_id: ids.project } }),
      person: true,
    },
    "GET /api/me/sessions": { mine: () => ({ path: "/api/me/sessions" }), person: true },
    "DELETE /api/me/sessions": { mine: () => ({ path: "/api/me/sessions" }), status: 204, person: true },
    "DELETE /api/me/sessions/:id": {
      about: (ids) => [{ path: `/api/me/sessions/${ids.session}` }],
      mine: async () => {
        const { token } = await signIn(server, owner.email);
        const { sessions } = await must<{ sessions: { id: string; is_current: boolean }[] }>(server, token, "GET", "/api/me/sessions");
        return { path: `/api/me/sessions/${sessions.find((s) => s.is_current)?.id ?? ""}`, key: token };
      },
      status: 204,
      person: true,
    },
    "GET /projects": { mine: () => ({ path: "/projects" }) },
    "POST /projects": { mine: () => ({ path: "/projects", body: { name: "Another" } }), status: 201 },
    "GET /api/roles": { mine: () => ({ path: "/api/roles" }) },
    "GET /api/users": { mine: () => ({ path: "/api/users" }) },
    "POST /api/users": {
      about: (ids) => [{ path: "/api/users", body: { email: "nobody@nowhere.example", role: "viewer", project_id: ids.project } }],
      mine: () => ({ path: "/api/users", body: { email: `new${String((n += 1))}@first.example`, role: "viewer" } }),
      status: 201,
    },
    "GET /api/users/:id": { about: (ids) => [{ path: `/api/users/${ids.user}` }], mine: (ids) => ({ path: `/api/users/${ids.user}` }) },
    "PATCH /api/users/:id": {
      about: (ids) => [{ path: `/api/users/${ids.user}`, body: { disabled: true } }, { path: `/api/users/${ids.user}`, body: { disabled: false } }],
      mine: async () => ({ path: `/api/users/${(await guest()).user.id}`, body: { disabled: true } }),
    },
    "POST /api/users/:id/link": {
      about: (ids) => [{ path: `/api/users/${ids.user}/link` }],
      mine: async () => ({ path: `/api/users/${(await guest()).user.id}/link` }),
      status: 201,
    },
    "DELETE /api/users/:id/sessions": {
      about: (ids) => [{ path: `/api/users/${ids.user}/sessions` }],
      mine: async () => ({ path: `/api/users/${(await guest()).user.id}/sessions` }),
      status: 204,
    },
    "POST /api/users/:id/roles": {
      about: (ids, own) => [
        { path: `/api/users/${ids.user}/roles`, body: { role: "viewer", project_id: own.project } },
        { path: `/api/users/${own.user}/roles`, body: { role: "viewer", project_id: ids.project } },
      ],
      mine: async (ids) => ({ path: `/api/users/${(await guest()).user.id}/roles`, body: { role: "operator", project_id: ids.project } }),
    },
    "DELETE /api/users/:id/roles/:role_id": {
      about: (ids, own) => [{ path: `/api/users/${ids.user}/roles/${ids.role}` }, { path: `/api/users/${own.user}/roles/${ids.role}` }],
      mine: async () => {
        const { user } = await guest();
        return { path: `/api/users/${user.id}/roles/${user.roles[0]?.id ?? ""}` };
      },
      status: 204,
    },
    "GET /api/keys": { mine: () => ({ path: "/api/keys" }) },
    "POST /api/keys": { mine: () => ({ path: "/api/keys", body: { name: "one more", rights: ["calls.read"] } }), status: 201 },
    "DELETE /api/keys/:id": {
      about: (ids) => [{ path: `/api/keys/${ids.key}` }],
      mine: async () => ({ path: `/api/keys/${(await newKey(a1.project, owner)).key.id}` }),
      status: 204,
    },
    "GET /api/audit": { mine: () => ({ path: "/api/audit" }) },
    "GET /api/conversations": { mine: () => ({ path: "/api/conversations" }) },
    "GET /api/conversations/active": { mine: () => ({ path: "/api/conversations/active" }) },
    "GET /api/conversations/:id": { about: (ids) => [{ path: `/api/conversations/${ids.conversation}` }], mine: (ids) => ({ path: `/api/conversations/${ids.conversation}` }) },
    "GET /api/conversations/:id/messages": {
      about: (ids) => [{ path: `/api/conversations/${ids.conversation}/messages` }],
      mine: (ids) => ({ path: `/api/conversations/${ids.conversation}/messages` }),
    },
    "GET /api/calls": { mine: () => ({ path: "/api/calls" }) },
    "GET /api/calls/active": { mine: () => ({ path: "/api/calls/active" }) },
    "GET /api/calls/:sid": {
      about: (ids) => [{ path: `/api/calls/${ids.call}` }, { path: `/api/calls/${ids.call}?as_of=1` }],
      mine: (ids) => ({ path: `/api/calls/${ids.call}` }),
    },
    "GET /api/calls/:sid/recording": {
      about: (ids) => [{ path: `/api/calls/${ids.call}/recording` }],
      mine: (ids) => ({ path: `/api/calls/${ids.call}/recording` }),
      status: 404, // it has none
    },
    "GET /api/sync/call/:sid": {
      about: (ids) => [{ path: `/api/sync/call/${ids.call}` }],
      mine: (ids) => ({ path: `/api/sync/call/${ids.call}` }),
      status: 503, // nobody listens where the provider would be
    },
    "POST /api/sync/call/:sid": {
      about: (ids) => [{ path: `/api/sync/call/${ids.call}` }],
      mine: (ids) => ({ path: `/api/sync/call/${ids.call}` }),
      status: 503,
    },
    "GET /api/events": {
      about: (ids) => [{ path: `/api/events?ids=${ids.event}` }, { path: `/api/events?call_sid=${ids.call}` }],
      mine: () => ({ path: "/api/events?after_seq=0" }),
      partial: true,
    },
    "GET /api/events/reasons": { mine: () => ({ path: "/api/events/reasons" }) },
    "GET /api/events/:id": { about: (ids) => [{ path: `/api/events/${ids.event}` }], mine: (ids) => ({ path: `/api/events/${ids.event}` }) },
    "POST /api/events/:id/reprocess": {
      about: (ids) => [{ path: `/api/events/${ids.event}/reprocess` }],
      mine: (ids) => ({ path: `/api/events/${ids.event}/reprocess` }),
      status: 202,
    },
    "POST /api/events/reprocess": {
      about: (ids) => [{ path: "/api/events/reprocess", body: { ids: [ids.event, ids.event] } }],
      mine: (ids) => ({ path: "/api/events/reprocess", body: { ids: [ids.event] } }),
      status: 202,
      partial: true,
    },
    "POST /api/exports": { mine: () => ({ path: "/api/exports", body: { kind: "calls", rows: 3 } }), status: 204 },
    "GET /api/settings": { mine: () => ({ path: "/api/settings" }) },
    "PATCH /api/settings": { mine: () => ({ path: "/api/settings", body: { time_zone: "Europe/Berlin" } }) },
    "GET /api/quotas": { mine: () => ({ path: "/api/quotas" }) },
    "PATCH /api/quotas": { mine: () => ({ path: "/api/quotas", body: { name: "realtime_clients_max", value: 5000 } }) },
    "GET /api/flags": { mine: () => ({ path: "/api/flags" }) },
    "PATCH /api/flags": { mine: () => ({ path: "/api/flags", body: { worker_percentage: "100" } }) },
    "PATCH /api/flags/installation": { mine: () => ({ path: "/api/flags/installation", body: { worker_percentage: "" } }), person: true },
    "GET /api/connections": { mine: () => ({ path: "/api/connections" }) },
    "POST /api/connections/check": { mine: () => ({ path: "/api/connections/check" }) },
    "PUT /api/connections/:provider/:account": {
      mine: () => ({ path: `/api/connections/twilio/AC${"1".repeat(32)}`, body: { secret: "a secret of the provider" } }),
      status: 204,
    },
    "DELETE /api/connections/:provider/:account": {
      about: (ids) => [{ path: `/api/connections/twilio/${ids.account}` }],
      mine: async () => {
        const path = `/api/connections/twilio/AC${"2".repeat(32)}`;
        await must(server, owner.token, "PUT", path, { secret: "a secret of the provider" }, a1.project);
        return { path };
      },
      status: 204,
    },
    "GET /api/pipeline": { mine: () => ({ path: "/api/pipeline" }) },
    "GET /api/nodes": { mine: () => ({ path: "/api/nodes" }) },
    "GET /api/jobs": { mine: () => ({ path: "/api/jobs" }) },
    "GET /api/jobs/:name/runs": { mine: () => ({ path: "/api/jobs/freeze/runs" }) },
    "GET /api/jobs/:name/runs/:id": { about: (ids) => [{ path: `/api/jobs/freeze/runs/${ids.run}` }], mine: (ids) => ({ path: `/api/jobs/freeze/runs/${ids.run}` }) },
    "POST /api/jobs/:name/runs": { mine: () => idleAt("freeze", "/api/jobs/freeze/runs"), status: 202 },
    "GET /api/sync/drift": { mine: () => ({ path: "/api/sync/drift" }) },
    "POST /api/sync/reconcile/hot": { mine: () => idleAt("reconcile_hot", "/api/sync/reconcile/hot"), status: 202 },
    "POST /api/sync/reconcile/warm": { mine: () => idleAt("reconcile_warm", "/api/sync/reconcile/warm"), status: 202 },
    "POST /api/sync/reconcile/cold": { mine: () => idleAt("reconcile_cold", "/api/sync/reconcile/cold"), status: 202 },
    "POST /api/sync/today": { mine: () => idleAt("sync_today", "/api/sync/today") },
    "POST /api/sync/recent": { mine: () => idleAt("sync_recent", "/api/sync/recent") },
    "GET /api/doors": { mine: () => ({ path: "/api/doors" }) },
    "POST /api/demo/calls": { mine: () => ({ path: "/api/demo/calls" }), status: 409 }, // this is no demo
    "GET /events/calls": { mine: () => ({ path: "/events/calls" }), stream: true },
    "GET /realtime/stream": { mine: () => ({ path: "/realtime/stream" }), stream: true },
    "GET /realtime/token": { mine: () => ({ path: "/realtime/token" }) },
    "GET /events/stats": { mine: () => ({ path: "/events/stats" }) },
  };

  before(async () => {
    server = await startServer(OWNER);
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await deliverPoison(server);
    await settled(server);
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    const project = (await must<{ project: { id: string } }>(server, owner.token, "GET", "/api/me")).project.id;
    const second = (await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Second" })).id;
    const { conversations } = await must<{ conversations: { id: string }[] }>(server, owner.token, "GET", "/api/conversations", undefined, project);
    const dead = await must<InboxPage>(server, owner.token, "GET", "/api/events?processing_status=dead_letter", undefined, project);

    const idsOf = async (at: string, by: Person, email: string): Promise<Ids> => {
      const { user } = await invite(server, by, email, "viewer", at);
      const { key } = await newKey(at, by);
      const { sessions } = await must<{ sessions: { id: string }[] }>(server, by.token, "GET", "/api/me/sessions");
      const run = await must<{ id: string }>(server, by.token, "POST", "/api/jobs/freeze/runs", undefined, at);
      return { ...MISSING, run: run.id, project: at, user: user.id, role: user.roles[0]?.id ?? "", key: key.id, session: sessions[0]?.id ?? "" };
    };
    a1 = { ...(await idsOf(project, owner, "viewer@a1.example")), conversation: conversations[0]?.id ?? "", call: call.sid, account: ACCOUNT_SID, event: dead.events[0]?.id ?? "" };
    a2 = await idsOf(second, owner, "viewer@a2.example");
    for (const role of ROLES) ours[role] = role === "owner" ? owner.token : (await employ(server, owner, `${role}@first.example`, role)).token;
    ours["API key"] = API_KEY;
    ours["nobody"] = "";

    other = await found(server, "Second organisation", "owner@second.example");
    const home = (await must<{ project: { id: string } }>(server, other.token, "GET", "/api/me")).project.id;
    await must(server, other.token, "POST", "/projects", { name: "Fourth" });
    b1 = await idsOf(home, other, "viewer@b1.example");
    for (const role of ROLES) strangers.push({ name: role, token: role === "owner" ? other.token : (await employ(server, other, `${role}@second.example`, role)).token, own: b1 });
    const all = ["calls.read", "calls.export", "recordings.read", "events.read", "events.replay", "jobs.run", "health.read", "settings.manage", "audit.read"];
    const { secret } = await must<{ secret: string }>(server, other.token, "POST", "/api/keys", { name: "all", rights: all }, home);
    strangers.push({ name: "API key", token: secret, own: b1 }, { name: "nobody", token: null, own: b1 });
    for (const role of ["owner", "admin"] as const)
      strangers.push({ name: `${role} of the project beside`, token: (await employ(server, owner, `${role}@a2.example`, role, second)).token, own: a2 });

    rights = await must(server, owner.token, "GET", "/api/roles");
    const { output } = await tool(server, "routes");
    routes = output.trim().split("\n").map((line) => {
      const [method = "", path = "", access = ""] = line.split(" ");
      return { route: `${method} ${path}`, method, access };
    });
  });
  after(() => server.remove());

  const guarded = (): { route: string; method: string; access: string }[] => routes.filter(({ access }) => access !== "public" && access !== "signature");

  /** All that is stored, but for what workers note for themselves. */
  async function rows(): Promise<Dump> {
    await settled(server);
    const { queue_leases: _, sync_state: __, job_runs: ___, nodes: ____, ...rest } = await dump(server);
    return rest;
  }

  type Answer = { status: number; body: unknown };
  async function send(method: string, stream: boolean, token: string | null, request: Request, project?: string): Promise<Answer> {
    const key = request.key ?? token;
    const headers = { ...(project !== undefined && { "X-Project-Id": project }), ...request.header };
    if (stream) {
      const give = new AbortController();
      const answer = await fetch(server.url + request.path, { signal: give.signal, headers: { ...headers, ...(key !== null && { Authorization: `Bearer ${key}` }) } });
      if (answer.status !== 200) return { status: answer.status, body: await answer.json() };
      give.abort();
      return { status: 200, body: null };
    }
    return ask(server, request.path, { method, key, headers, ...(request.body !== undefined && { body: request.body }) });
  }

  /** An answer without what is of this request alone: its trace, and the id that was asked for. */
  function plain({ status, body }: Answer, ids: Ids): string {
    let text = JSON.stringify({ status, body }).replaceAll(/"trace_id":"[^"]*"/g, "");
    for (const [name, id] of Object.entries(ids)) text = text.replaceAll(`"${id}"`, `"the ${name}"`);
    return text;
  }

  const may = (role: string, access: string): boolean =>
    role !== "nobody" &&
    (access === "signed-in" ||
      (role === "API key"
        ? rights.rights.some(({ name, for_keys }) => name === access && for_keys)
        : rights.roles.some((r) => r.name === role && r.rights.includes(access))));

  it("has an entry for every route that is not public", () => {
    assert.deepEqual(guarded().map(({ route }) => route).sort(), Object.keys(ROUTES).sort());
    assert.deepEqual(routes.filter(({ access }) => access === "public").map(({ route }) => route).sort(),
      ["GET /health", "GET /login", "POST /auth/accept", "POST /auth/link", "POST /auth/login", "POST /auth/refresh"]);
  });

  it("lets each role do what the table of rights says, in its own project, and nothing else", async () => {
    for (const { route, method, access } of guarded())
      for (const [role, token] of Object.entries(ours)) {
        const entry = ROUTES[route];
        assert.ok(entry);
        const request = may(role, access) ? await entry.mine(a1) : await entry.mine(MISSING);
        if (role === "nobody" || role === "API key") delete request.key;
        const { status, body } = await send(method, entry.stream ?? false, token === "" ? null : token, request, role === "nobody" ? undefined : a1.project);
        const due = role === "nobody" ? 401 : !may(role, access) || (role === "API key" && entry.person) ? 403 : (entry.status ?? 200);
        assert.equal(status, due, `${route} as ${role}: ${JSON.stringify(body)}`);
      }
  });

  it("asks for the right of the inbox where a route has two meanings", async () => {
    for (const [role, token] of Object.entries(ours)) {
      if (role === "nobody") continue;
      const { status } = await ask(server, "/api/events", { key: token, headers: { "X-Project-Id": a1.project } });
      assert.equal(status, may(role, "events.read") ? 200 : 403, role);
    }
  });

  it("answers foreign ids in path, query, body and lists like missing ones, and changes nothing", async () => {
    for (const { token } of strangers) if (token !== null) await must(server, token, "GET", "/api/me"); // notes that keys are used
    const then = await rows();
    for (const { route, method, access } of guarded())
      for (const { name, token, own } of strangers) {
        const entry = ROUTES[route];
        const foreign = entry?.about?.(a1, own) ?? [];
        const missing = entry?.about?.(MISSING, own) ?? [];
        for (const [i, request] of foreign.entries()) {
          const [theirs, none] = [await send(method, false, token, request), await send(method, false, token, missing[i] ?? request)];
          const what = `${method} ${request.path} as ${name}`;
          assert.equal(plain(theirs, a1), plain(none, MISSING), what);
          const role = name.split(" ")[0] ?? "";
          const refused = token === null ? [401] : may(name === "API key" ? name : role, access) ? [404, ...(entry?.partial ? [200, 202, 403] : []), ...(name === "API key" ? [403] : [])] : [403];
          assert.ok(refused.includes(theirs.status), `${what}: ${JSON.stringify(theirs)}`);
          if (entry?.partial && theirs.status < 300) assert.match(JSON.stringify(theirs.body), /"total":0|"requested":0/, what);
        }
      }
    assert.deepEqual(await rows(), then);
  });

  it("refuses another's account at a provider to all alike, says nothing of whose it is, and changes nothing", async () => {
    // What nobody has would be connected: here alone the two cannot be answered alike (docs/tenancy.md).
    const then = await rows();
    const said = new Set<string>();
    for (const { name, token } of strangers) {
      const { status, body } = await send("PUT", false, token, { path: `/api/connections/twilio/${a1.account}`, body: { secret: "a secret of somebody else" } });
      const mayManage = name === "API key" || may(name.split(" ")[0] ?? "", "settings.manage");
      assert.equal(status, token === null ? 401 : mayManage ? 409 : 403, `${name}: ${JSON.stringify(body)}`);
      if (status === 409) said.add(plain({ status, body }, a1));
    }
    assert.equal(said.size, 1, [...said].join());
    assert.doesNotMatch([...said].join(), /First|Default|organisation/);
    assert.deepEqual(await rows(), then);
  });

  it("answers a foreign project in header and query like a missing one, on every route, and changes nothing", async () => {
    const withoutIds = new Map<string, Request>();
    for (const [route, { about, mine }] of Object.entries(ROUTES)) if (!about) withoutIds.set(route, await mine(MISSING));
    const then = await rows();
    for (const { route, method } of guarded())
      for (const { name, token, own } of strangers) {
        const { path, body } = ROUTES[route]?.about?.(own, own)[0] ?? withoutIds.get(route) ?? assert.fail(route);
        for (const place of ["header", "query"]) {
          const at = (project: string): Request =>
            place === "header" ? { path, body, header: { "X-Project-Id": project } } : { path: `${path}${path.includes("?") ? "&" : "?"}project_id=${project}`, body };
          const [theirs, none, odd] = [await send(method, false, token, at(a1.project)), await send(method, false, token, at(MISSING.project)), await send(method, false, token, at("x"))];
          const what = `${route}, ${place}, as ${name}`;
          assert.equal(plain(theirs, a1), plain(none, MISSING), what);
          assert.equal(theirs.status, token === null ? 401 : 404, `${what}: ${JSON.stringify(theirs.body)}`);
          assert.equal(odd.status, 404, what);
        }
      }
    assert.deepEqual(await rows(), then);
  });

  it("F176 counts, sums and searches nothing of others", async () => {
    const { token } = strangers[0] ?? {};
    const counted = async (path: string): Promise<unknown> => must(server, token ?? "", "GET", path);
    for (const path of ["/api/conversations?q=514-0320", "/api/calls", "/api/events", "/api/events/reasons", "/api/conversations/active", "/api/events?error=call"])
      assert.equal((await counted(path) as { total: number }).total, 0, path);
    const health = await counted("/api/health/sync") as { status: string; inbox: { dead_letter: number }; feed: { last_seq: number } };
    assert.deepEqual([health.status, health.inbox.dead_letter, health.feed.last_seq], ["ok", 0, 0]);
    const { users } = await counted("/api/users") as { users: { email: string }[] };
    assert.ok(users.length > 0 && users.every(({ email }) => /@(second|b1)\.example$/.test(email)), JSON.stringify(users));
    const { projects } = await counted("/projects") as { projects: { org_name: string }[] };
    assert.deepEqual([...new Set(projects.map((p) => p.org_name))], ["Second organisation"]);
    const beside = strangers.at(-1)?.token ?? "";
    const { entries } = await must<{ entries: { project_id: string | null }[] }>(server, beside, "GET", "/api/audit");
    assert.deepEqual([...new Set(entries.map((e) => e.project_id))], [a2.project]);
  });

  it("F176 tells an organisation when its people were seen at work for it, and not when they work for another", async () => {
    const shared = await employ(server, owner, "both@first.example", "viewer", a1.project);
    await must(server, shared.token, "POST", "/api/me/project", { project_id: a1.project });
    const { user } = await invite(server, other, shared.email, "viewer", b1.project);
    const seenBy = async (by: Person): Promise<[string, boolean]> => {
      const { user: { status, seen_at } } = await must<{ user: { status: string; seen_at: string | null } }>(server, by.token, "GET", `/api/users/${user.id}`);
      return [status, seen_at !== null];
    };
    assert.deepEqual([await seenBy(owner), await seenBy(other)], [["active", true], ["active", false]]);
    await must(server, shared.token, "POST", "/api/me/project", { project_id: b1.project });
    assert.deepEqual(await seenBy(other), ["active", true]);
  });

  it("says no more than `forbidden` or `not there` in the words of a refusal", async () => {
    const { body } = await ask<Fault>(server, `/api/calls/${a1.call}`, { key: strangers[0]?.token ?? null });
    assert.doesNotMatch(JSON.stringify(body), new RegExp(`${a1.call}|organisation|project ${a1.project}`));
  });
});

describe("F176 the health of a node where another's events wait", () => {
  let server: Server;
  before(async () => {
    server = await startServer({}, ["--roles=door,api,hub"]);
  });
  after(() => server.remove());

  it("tells each project of its own backlog and lag, and who runs the installation of the node", async () => {
    const other = await found(server, "Second organisation", "owner@second.example");
    await new FakeCall(server, "+15085140320").arrives();
    const ours = await until("the backlog is late", async () => {
      const now = await get<SyncHealth>(server, "/api/health/sync");
      return now.status === "ok" ? undefined : now;
    });
    assert.equal(ours.inbox.pending, 1);
    assert.ok(ours.worker.lag_ms > 0);
    assert.deepEqual([ours.inbox.spool_bytes, typeof ours.feed.publish_lag_ms], [0, "number"]);
    for (const path of ["/api/health/sync", "/api/health/full"]) {
      const theirs = await must<SyncHealth>(server, other.token, "GET", path);
      assert.deepEqual([theirs.status, theirs.reasons, theirs.inbox.pending, theirs.worker.lag_ms], ["ok", [], 0, 0], path);
      assert.deepEqual([theirs.inbox.spool_bytes, theirs.feed.publish_lag_ms], [null, null], path);
    }
  });
});
