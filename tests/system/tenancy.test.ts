// The tenancy matrix: every route, asked as every role, about what is one's own, what is another's, and what
// was never there. The routes and the right that each needs are the program's own word (`hookswitch routes`),
// the rights of a role are those of GET /api/roles; a route without an entry in ROUTES below fails the test.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type CallDetail, type Fault, get, type InboxPage, type SyncHealth } from "../lib/api.ts";
import { type Dump, dump } from "../lib/dump.ts";
import { ABOUT, bringCall, firstLine, type Ids, MISSING, type Request } from "../lib/foreign.ts";
import { accept, employ, found, invite, type Member, must, OWNER, type Person, ROLES, signIn } from "../lib/company.ts";
import { ACCOUNT_SID, API_KEY, BINARY, type Server, startServer, UNFILTERED } from "../lib/server.ts";
import { idle } from "../lib/jobs.ts";
import { Realtime } from "../lib/realtime.ts";
import { settled, tool } from "../lib/settled.ts";
import { Stream } from "../lib/stream.ts";
import { callOf, deliverPoison, FakeCall, postPoison } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

type Entry = {
  /** What whoever has the right is answered, in their own project; ids that are used up are made anew. */
  mine: (ids: Ids) => Request | Promise<Request>;
  status?: number;
  /** Not for programs. */
  person?: true;
  /** Names what is not there instead of refusing the whole. */
  partial?: true;
  /** Never ends. */
  stream?: true;
  /** Of the whole organisation: not for who has a role in the project alone, whichever it is. */
  whole?: true;
};

/** Of those who may see project a1; `alone`: and nothing else. */
type Insider = { name: string; role: string; token: string | null; alone: boolean };
type Stranger = { name: string; role: string; token: string | null; own: Ids };
/** Of keys, in the matrix of roles. */
const KEY = "API key";
const KINDS = ["sse", "ws"] as const;
const BESIDE = " of the project beside";

describe("F173 what is another's is answered like what is not there", () => {
  let server: Server;
  let owner: Person, other: Person;
  let a1: Ids, a2: Ids, b1: Ids;
  /** A project of the second organisation in which nothing has happened. */
  let quiet: string;
  /** Those of the first organisation by role, those who have it in its project alone, its API key, and nobody. */
  const ours: Insider[] = [];
  /** Those who must not see project a1: who they are, as which role, and with which of their own ids. */
  const strangers: Stranger[] = [];
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
      mine: (ids) => ({ path: "/api/me/project", body: { project_id: ids.project } }),
      person: true,
    },
    "GET /api/me/sessions": { mine: () => ({ path: "/api/me/sessions" }), person: true },
    "DELETE /api/me/sessions": { mine: () => ({ path: "/api/me/sessions" }), status: 204, person: true },
    "DELETE /api/me/sessions/:id": {
      mine: async () => {
        const { token } = await signIn(server, owner.email);
        const { sessions } = await must<{ sessions: { id: string; is_current: boolean }[] }>(server, token, "GET", "/api/me/sessions");
        return { path: `/api/me/sessions/${sessions.find((s) => s.is_current)?.id ?? ""}`, key: token };
      },
      status: 204,
      person: true,
    },
    "GET /projects": { mine: () => ({ path: "/projects" }) },
    "POST /projects": { mine: () => ({ path: "/projects", body: { name: "Another" } }), status: 201, whole: true },
    "GET /api/roles": { mine: () => ({ path: "/api/roles" }) },
    "GET /api/users": { mine: () => ({ path: "/api/users" }) },
    "POST /api/users": {
      mine: () => ({ path: "/api/users", body: { email: `new${String((n += 1))}@first.example`, role: "viewer" } }),
      status: 201,
      whole: true,
    },
    "GET /api/users/:id": { mine: (ids) => ({ path: `/api/users/${ids.user}` }) },
    "PATCH /api/users/:id": {
      mine: async () => ({ path: `/api/users/${(await guest()).user.id}`, body: { disabled: true } }),
      whole: true,
    },
    "POST /api/users/:id/link": {
      mine: async () => ({ path: `/api/users/${(await guest()).user.id}/link` }),
      status: 201,
      whole: true,
    },
    "DELETE /api/users/:id/sessions": {
      mine: async () => ({ path: `/api/users/${(await guest()).user.id}/sessions` }),
      status: 204,
      whole: true,
    },
    "POST /api/users/:id/roles": {
      mine: async (ids) => ({ path: `/api/users/${(await guest()).user.id}/roles`, body: { role: "operator", project_id: ids.project } }),
    },
    "DELETE /api/users/:id/roles/:role_id": {
      mine: async () => {
        const { user } = await guest();
        return { path: `/api/users/${user.id}/roles/${user.roles[0]?.id ?? ""}` };
      },
      status: 204,
    },
    "GET /api/keys": { mine: () => ({ path: "/api/keys" }) },
    "POST /api/keys": { mine: () => ({ path: "/api/keys", body: { name: "one more", rights: ["calls.read"] } }), status: 201 },
    "DELETE /api/keys/:id": {
      mine: async () => ({ path: `/api/keys/${(await newKey(a1.project, owner)).key.id}` }),
      status: 204,
    },
    "GET /api/audit": { mine: (ids) => ({ path: `/api/audit?of_project=${ids.project}` }), partial: true },
    "GET /api/conversations": { mine: () => ({ path: "/api/conversations" }) },
    "GET /api/conversations/active": { mine: () => ({ path: "/api/conversations/active" }) },
    "GET /api/conversations/:id": { mine: (ids) => ({ path: `/api/conversations/${ids.conversation}` }) },
    "GET /api/conversations/:id/messages": {
      mine: (ids) => ({ path: `/api/conversations/${ids.conversation}/messages` }),
    },
    "GET /api/calls": { mine: () => ({ path: "/api/calls" }) },
    "GET /api/calls/active": { mine: () => ({ path: "/api/calls/active" }) },
    "GET /api/calls/:sid": {
      mine: (ids) => ({ path: `/api/calls/${ids.call}` }),
    },
    "GET /api/calls/:sid/recording": {
      mine: (ids) => ({ path: `/api/calls/${ids.call}/recording` }),
      status: 404, // it has none
    },
    "GET /api/sync/call/:sid": {
      mine: (ids) => ({ path: `/api/sync/call/${ids.call}` }),
      status: 503, // nobody listens where the provider would be
    },
    "POST /api/sync/call/:sid": {
      mine: (ids) => ({ path: `/api/sync/call/${ids.call}` }),
      status: 503,
    },
    "GET /api/events": {
      mine: () => ({ path: "/api/events?after_seq=0" }),
      partial: true,
    },
    "GET /api/events/reasons": { mine: () => ({ path: "/api/events/reasons" }) },
    "GET /api/events/:id": { mine: (ids) => ({ path: `/api/events/${ids.event}` }) },
    "POST /api/events/:id/reprocess": {
      mine: (ids) => ({ path: `/api/events/${ids.event}/reprocess` }),
      status: 202,
    },
    "POST /api/events/reprocess": {
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
    "PATCH /api/flags/installation": { mine: () => ({ path: "/api/flags/installation", body: { worker_percentage: "" } }), person: true, whole: true },
    "GET /api/connections": { mine: () => ({ path: "/api/connections" }) },
    "POST /api/connections/check": { mine: () => ({ path: "/api/connections/check" }) },
    "PUT /api/connections/:provider/:account": {
      mine: () => ({ path: `/api/connections/twilio/AC${"1".repeat(32)}`, body: { secret: "a secret of the provider" } }),
      status: 204,
    },
    "DELETE /api/connections/:provider/:account": {
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
    "GET /api/jobs/:name/runs/:id": { mine: (ids) => ({ path: `/api/jobs/freeze/runs/${ids.run}` }) },
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
    a1 = { ...(await idsOf(project, owner, "viewer@a1.example")), conversation: conversations[0]?.id ?? "", call: call.sid, line: await firstLine(server, owner, project, call.sid), account: ACCOUNT_SID, event: dead.events[0]?.id ?? "" };
    a2 = { ...(await idsOf(second, owner, "viewer@a2.example")), ...(await bringCall(server, owner, second)) };
    for (const role of ROLES) {
      ours.push({ name: role, role, token: role === "owner" ? owner.token : (await employ(server, owner, `${role}@first.example`, role)).token, alone: false });
      ours.push({ name: `${role} of the project alone`, role, token: (await employ(server, owner, `${role}@alone.example`, role, project)).token, alone: true });
    }
    ours.push({ name: KEY, role: KEY, token: API_KEY, alone: true }, { name: "nobody", role: "nobody", token: null, alone: true });

    other = await found(server, "Second organisation", "owner@second.example");
    const home = (await must<{ project: { id: string } }>(server, other.token, "GET", "/api/me")).project.id;
    quiet = (await must<{ id: string }>(server, other.token, "POST", "/projects", { name: "Fourth" })).id;
    b1 = { ...(await idsOf(home, other, "viewer@b1.example")), ...(await bringCall(server, other, home)) };
    const all = ["calls.read", "calls.export", "recordings.read", "events.read", "events.replay", "jobs.run", "health.read", "settings.manage", "audit.read"];
    /** Everybody whose reach is one project, or as who owns it its organisation: `where` is said of each. */
    const strangersAt = async (by: Person, own: Ids, where: string, domain: string, reach?: string): Promise<void> => {
      for (const role of ROLES) {
        const token = by === other && role === "owner" ? other.token : (await employ(server, by, `${role}@${domain}`, role, reach)).token;
        strangers.push({ name: `${role}${where}`, role, token, own });
      }
      const { secret } = await must<{ secret: string }>(server, by.token, "POST", "/api/keys", { name: "all", rights: all }, own.project);
      strangers.push({ name: `${KEY}${where}`, role: KEY, token: secret, own });
    };
    await strangersAt(other, b1, "", "second.example");
    await strangersAt(owner, a2, BESIDE, "beside.example", second);
    strangers.push({ name: "nobody", role: "nobody", token: null, own: b1 });

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
      (role === KEY
        ? rights.rights.some(({ name, for_keys }) => name === access && for_keys)
        : rights.roles.some((r) => r.name === role && r.rights.includes(access))));

  it("has an entry for every route that is not public", () => {
    assert.deepEqual(guarded().map(({ route }) => route).sort(), Object.keys(ROUTES).sort());
    assert.deepEqual(routes.filter(({ access }) => access === "public").map(({ route }) => route).sort(),
      ["GET /health", "GET /login", "POST /auth/accept", "POST /auth/link", "POST /auth/login", "POST /auth/refresh"]);
  });

  it("lets each role do what the table of rights says, in its own project, and nothing else", async () => {
    for (const { route, method, access } of guarded())
      for (const { name, role, token, alone } of ours) {
        const entry = ROUTES[route];
        assert.ok(entry, `an entry for ${route}`);
        const request = may(role, access) ? await entry.mine(a1) : await entry.mine(MISSING);
        if (role === "nobody" || role === KEY) delete request.key;
        const { status, body } = await send(method, entry.stream ?? false, token, request, role === "nobody" ? undefined : a1.project);
        const refused = !may(role, access) || (role === KEY && entry.person) || (alone && entry.whole);
        const due = role === "nobody" ? 401 : refused ? 403 : (entry.status ?? 200);
        assert.equal(status, due, `${route} as ${name}: ${JSON.stringify(body)}`);
      }
  });

  it("asks for the right of the inbox where a route has two meanings", async () => {
    for (const { name, role, token } of ours) {
      if (role === "nobody") continue;
      const { status } = await ask(server, "/api/events", { key: token, headers: { "X-Project-Id": a1.project } });
      assert.equal(status, may(role, "events.read") ? 200 : 403, name);
    }
  });

  it("shows what providers sent only to who has the right to it, in the log of a call as well", async () => {
    const first = (await must<CallDetail>(server, owner.token, "GET", `/api/calls/${a1.call}`, undefined, a1.project)).events[0]?.id ?? "";
    const asked = ours.filter(({ role }) => role !== "nobody").map(({ name, role, token }) => ({ name, token: token ?? "", sees: may(role, "events.read") }));
    const { secret } = await newKey(a1.project, owner);
    for (const { name, token, sees } of [...asked, { name: "a key for calls alone", token: secret, sees: false }])
      for (const path of [`/api/calls/${a1.call}`, `/api/calls/${a1.call}?as_of=${first}`]) {
        const { events } = await must<CallDetail>(server, token, "GET", path, undefined, a1.project);
        assert.ok(events.length > 0, `${path} has a log`);
        for (const { payload } of events) assert.equal(sees ? payload?.["CallSid"] : payload, sees ? a1.call : null, `${path} as ${name}`);
      }
  });

  it("answers foreign ids in path, query, body and lists like missing ones, and changes nothing", async () => {
    for (const { token } of strangers) if (token !== null) await must(server, token, "GET", "/api/me"); // notes that keys are used
    const then = await rows();
    for (const { route, method, access } of guarded())
      for (const { name, role, token, own } of strangers) {
        const entry = ROUTES[route];
        const foreign = ABOUT[route]?.(a1, own) ?? [];
        const missing = ABOUT[route]?.(MISSING, own) ?? [];
        for (const [i, request] of foreign.entries()) {
          const [theirs, none] = [await send(method, false, token, request), await send(method, false, token, missing[i] ?? request)];
          const what = `${method} ${request.path} as ${name}`;
          assert.equal(plain(theirs, a1), plain(none, MISSING), what);
          const refused = token === null ? [401] : may(role, access) ? [404, ...(entry?.partial ? [200, 202, 403] : []), ...(role === KEY ? [403] : [])] : [403];
          assert.ok(refused.includes(theirs.status), `${what}: ${JSON.stringify(theirs)}`);
          if (entry?.partial && theirs.status < 300) assert.match(JSON.stringify(theirs.body), /"total":0|"requested":0|"entries":\[\]/, what);
        }
      }
    assert.deepEqual(await rows(), then);
  });

  it("refuses another's account at a provider to all alike, says nothing of whose it is, and changes nothing", async () => {
    // What nobody has would be connected: here alone the two cannot be answered alike (docs/tenancy.md).
    const then = await rows();
    const said = new Set<string>();
    for (const { name, role, token } of strangers) {
      const { status, body } = await send("PUT", false, token, { path: `/api/connections/twilio/${a1.account}`, body: { secret: "a secret of somebody else" } });
      const mayManage = may(role, "settings.manage");
      assert.equal(status, token === null ? 401 : mayManage ? 409 : 403, `${name}: ${JSON.stringify(body)}`);
      if (status === 409) said.add(plain({ status, body }, a1));
    }
    assert.equal(said.size, 1, [...said].join());
    assert.doesNotMatch([...said].join(), /First|Default|organisation/);
    assert.deepEqual(await rows(), then);
  });

  it("answers a foreign project in header and query like a missing one, on every route, and changes nothing", async () => {
    const withoutIds = new Map<string, Request>();
    for (const [route, { mine }] of Object.entries(ROUTES)) if (!ABOUT[route]) withoutIds.set(route, await mine(MISSING));
    const then = await rows();
    for (const { route, method } of guarded())
      for (const { name, token, own } of strangers) {
        const { path, body } = ABOUT[route]?.(own, own)[0] ?? withoutIds.get(route) ?? assert.fail(route);
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
    const counted = async (path: string): Promise<unknown> => must(server, token ?? "", "GET", path, undefined, quiet);
    for (const path of ["/api/conversations?q=514-0320", "/api/calls", "/api/events", "/api/events/reasons", "/api/conversations/active", "/api/events?error=call"])
      assert.equal((await counted(path) as { total: number }).total, 0, path);
    const health = await counted("/api/health/sync") as { status: string; inbox: { dead_letter: number }; feed: { last_seq: number } };
    assert.deepEqual([health.status, health.inbox.dead_letter, health.feed.last_seq], ["ok", 0, 0]);
    const { users } = await counted("/api/users") as { users: { email: string }[] };
    assert.ok(users.length > 0 && users.every(({ email }) => /@(second|b1)\.example$/.test(email)), JSON.stringify(users));
    const { projects } = await counted("/projects") as { projects: { org_name: string }[] };
    assert.deepEqual([...new Set(projects.map((p) => p.org_name))], ["Second organisation"]);
    const beside = strangers.find(({ name }) => name === `owner${BESIDE}`)?.token ?? "";
    const { entries } = await must<{ entries: { project_id: string | null }[] }>(server, beside, "GET", "/api/audit");
    assert.deepEqual([...new Set(entries.map((e) => e.project_id))], [a2.project]);
    const own = await must<{ entries: unknown }>(server, beside, "GET", `/api/audit?of_project=${a2.project}`);
    assert.deepEqual(own.entries, entries);
  });

  // Signing in then writes to two chains of the audit log at once, and among the owners of one batch the filters alone stand.
  const ofOne = BINARY === UNFILTERED && "without its filters a program writes for one organisation at a time";
  it("F176 tells an organisation when its people were seen at work for it, and not when they work for another", { skip: ofOne }, async () => {
    const shared = await employ(server, owner, "both@first.example", "viewer", a1.project);
    await must(server, shared.token, "POST", "/api/me/project", { project_id: a1.project });
    const { link_token } = await invite(server, other, shared.email, "viewer", b1.project);
    await accept(server, link_token ?? "", shared.email);
    const seenBy = async (by: Person): Promise<[string, boolean]> => {
      const { user: { status, seen_at } } = await must<{ user: { status: string; seen_at: string | null } }>(server, by.token, "GET", `/api/users/${shared.id}`);
      return [status, seen_at !== null];
    };
    assert.deepEqual([await seenBy(owner), await seenBy(other)], [["active", true], ["active", false]]);
    await must(server, shared.token, "POST", "/api/me/project", { project_id: b1.project });
    assert.deepEqual(await seenBy(other), ["active", true]);
  });

  it("F176 finds nothing of others by their numbers, or by who did what", async () => {
    const searches = {
      "conversations.read": ["/api/conversations?q=514-0320", "/api/conversations?q=5145550000"],
      "audit.read": ["/api/audit?actor=admin@first.example&limit=5", "/api/audit?actor=nobody@nowhere.example&limit=5"],
      "audit.read, of what": ["/api/audit?actor=admin@first.example&entity=user", "/api/audit?actor=nobody@nowhere.example&entity=user"],
    };
    for (const [what, [theirs = "", none = ""]] of Object.entries(searches)) {
      const found_ = await send("GET", false, owner.token, { path: theirs }, a1.project);
      assert.notEqual(plain(found_, a1), plain(await send("GET", false, owner.token, { path: none }, a1.project), a1), `there is something to be found: ${what}`);
      for (const { name, token } of strangers)
        assert.equal(plain(await send("GET", false, token, { path: theirs }), a1), plain(await send("GET", false, token, { path: none }), a1), `${what} as ${name}`);
    }
  });

  it("takes of lists what is one's own, and of what is another's as little as of what is not there", async () => {
    const third = await found(server, "Third organisation", "owner@third.example");
    const account = { sid: `AC${"3".repeat(32)}`, token: "the-auth-token-of-the-third" };
    await must(server, third.token, "PUT", `/api/connections/twilio/${account.sid}`, { secret: account.token });
    await until("the node knows the account", async () => ((await postPoison(server, account)).ok ? true : undefined));
    await settled(server);
    const letters = (): Promise<InboxPage> => must<InboxPage>(server, third.token, "GET", "/api/events?processing_status=dead_letter");
    const [mine] = (await until("one's own dead letter", async () => {
      const { events } = await letters();
      return events.length > 0 ? events : undefined;
    })).map(({ id }) => id);
    assert.ok(mine !== undefined);
    const before_ = await must<{ event: unknown }>(server, owner.token, "GET", `/api/events/${a1.event}`, undefined, a1.project);
    for (const order of [(id: string): string[] => [mine, id], (id: string): string[] => [id, mine]]) {
      const listed = async (ids: Ids): Promise<string> => {
        const answer = await send("GET", false, third.token, { path: `/api/events?ids=${order(ids.event).join()}` });
        assert.deepEqual((answer.body as InboxPage).events.map(({ id }) => id), [mine]);
        return plain(answer, ids).replaceAll(/"(?:attempts|updated_at|processed_at|next_attempt_at)":[^,}]*/g, "");
      };
      assert.equal(await listed(a1), await listed(MISSING));
      const replayed = async (ids: Ids): Promise<string> => {
        const answer = await send("POST", false, third.token, { path: "/api/events/reprocess", body: { ids: order(ids.event) } });
        assert.equal(answer.status, 202);
        await until("it is a dead letter again", async () => ((await letters()).events.some(({ id }) => id === mine) ? true : undefined));
        return plain(answer, ids);
      };
      assert.equal(await replayed(a1), await replayed(MISSING));
    }
    await settled(server);
    assert.deepEqual(await must(server, owner.token, "GET", `/api/events/${a1.event}`, undefined, a1.project), before_);
  });

  it("F176 tells no stream of an event of another's, from wherever it goes on", async () => {
    const fourth = await found(server, "Fourth organisation", "owner@fourth.example");
    const account = { sid: `AC${"4".repeat(32)}`, token: "the-auth-token-of-the-fourth" };
    await must(server, fourth.token, "PUT", `/api/connections/twilio/${account.sid}`, { secret: account.token });
    const { epoch } = await must<{ epoch: string }>(server, owner.token, "GET", "/api/events?after_seq=0", undefined, a1.project);
    const places = ["", "?last_seq=0", "?last_seq=1", `?last_seq=0&epoch=${epoch}`, `?last_seq=1&epoch=${epoch}`];
    const streams = await Promise.all(places.flatMap((query) => KINDS.map((kind) => Realtime.open(server, kind, { key: fourth.token, query }))));
    const calls = await Promise.all(places.map((query) => Stream.open(server, query, { Authorization: `Bearer ${fourth.token}` })));
    const own = await Realtime.open(server, "ws", { key: owner.token, headers: { "X-Project-Id": a1.project } });
    const { last_seq } = await own.first("feed.connected") as unknown as { last_seq: number };
    const theirs = new FakeCall(server, "+15085140399");
    await theirs.arrives();
    await own.reaches(last_seq + 1);
    // The next thing that they hear is an event of their own, and the first of its project.
    await callOf(server, account, "+15085140398").arrives();
    for (const stream of streams) {
      await stream.reaches(1);
      assert.deepEqual(stream.seqs(), [1]);
      assert.doesNotMatch(JSON.stringify(stream.messages), new RegExp(theirs.sid));
      stream.close();
    }
    for (const stream of calls) {
      await stream.reaches(1);
      assert.doesNotMatch(JSON.stringify(stream.frames), new RegExp(theirs.sid));
      stream.close();
    }
    own.close();
    // Another's history is like one that never was.
    for (const kind of KINDS) {
      const told = async (of: string): Promise<string> => {
        const stream = await Realtime.open(server, kind, { key: fourth.token, query: `?last_seq=1&epoch=${of}` });
        const message = await stream.first("feed.resync");
        stream.close();
        return JSON.stringify(message).replaceAll(/"(?:ts|server_time)":"[^"]*"/g, "");
      };
      assert.equal(await told(epoch), await told("01JNOSUCHHISTORY0000000000"), kind);
    }
  });

  it("follows the header where two projects are named, and shows nothing of the other", async () => {
    for (const { name, token, own, role } of strangers) {
      if (token === null || !may(role, "calls.read")) continue;
      const { body } = await send("GET", false, token, { path: `/api/calls?project_id=${a1.project}` }, own.project);
      assert.deepEqual((body as { calls: { twilio_sid: string }[] }).calls.map((call) => call.twilio_sid), [own.call], name);
    }
  });

  it("opens no WebSocket for a foreign project, and answers as for one that is not there", async () => {
    const refusal = async (token: string | null, way: { headers?: Record<string, string>; query?: string }): Promise<string> => {
      const opened = await Realtime.open(server, "ws", { key: token, ...way }).then((stream) => { stream.close(); return "it opened"; }, String);
      return opened.replaceAll(/"trace_id":"[^"]*"/g, "");
    };
    for (const { name, role, token } of strangers) {
      const due = token === null ? /stream: 401 / : may(role, "calls.read") ? /stream: 404 / : /stream: 40[34] /;
      for (const at of [(project: string) => ({ headers: { "X-Project-Id": project } }), (project: string) => ({ query: `?project_id=${project}` })]) {
        const theirs = await refusal(token, at(a1.project));
        assert.match(theirs, due, name);
        assert.equal(theirs, await refusal(token, at(MISSING.project)), name);
      }
    }
    const own = await Realtime.open(server, "ws", { key: owner.token, headers: { "X-Project-Id": a1.project } });
    await own.first("feed.connected");
    own.close();
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
