// Nobody learns from how long an answer takes whether a thing is another's or nobody's: the store is asked the same
// statements in the same order for both. No clock is looked at, as there is nothing else that could take time.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ask, type InboxPage } from "../lib/api.ts";
import { accept, employ, found, invite, must, OWNER, type Person, signIn } from "../lib/company.ts";
import { ABOUT, bringCall, firstLine, type Ids, MISSING, type Request } from "../lib/foreign.ts";
import { METRICS_TOKEN, scrape, value } from "../lib/metrics.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { ACCOUNT_SID, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";

const skip = process.env["STORE"] !== "postgres" && "PostgreSQL only: its log tells what it is asked";

type Asked = { method: string; project?: string } & Request;

/** Every request about an id of the table that tenancy.test answers for, and those about the project itself. */
const REQUESTS: Record<string, (ids: Ids, own: Ids) => Asked> = {
  "a project in the header": ({ project }) => ({ method: "GET", path: "/api/calls", project }),
  "a project in the query": ({ project }) => ({ method: "GET", path: `/api/calls?project_id=${project}` }),
  "who did what": ({ user }) => ({ method: "GET", path: `/api/audit?actor=${user === MISSING.user ? "nobody@nowhere.example" : "viewer@first.example"}` }),
  "a number": ({ user }) => ({ method: "GET", path: `/api/conversations?q=${user === MISSING.user ? "514-9999" : "514-0320"}` }),
};
for (const [route, about] of Object.entries(ABOUT)) {
  const method = route.split(" ")[0] ?? "";
  for (const [i, { path, body }] of about(MISSING, MISSING).entries())
    REQUESTS[`${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`] = (ids, own) => ({ method, path: "", ...about(ids, own)[i] });
}

const PASSWORD = "not the password of anybody";

/** Who asks: each is refused by other rows than the others, of roles, of projects, or of keys. */
const OUTSIDE = "an owner of another organisation", BESIDE = "an admin of the project beside", KEY = "a key of the project beside";
const ASKERS = [OUTSIDE, BESIDE, KEY] as const;
type Asker = { token: string; own: Ids };
const FOR_KEYS = ["calls.read", "calls.export", "recordings.read", "events.read", "events.replay", "jobs.run", "health.read", "settings.manage", "audit.read"];

describe("F173 the way to what is another's is the way to what is not there", { skip }, () => {
  let cluster: Cluster;
  let server: Server;
  let stranger: Person;
  let theirs: Ids;
  const askers: Partial<Record<(typeof ASKERS)[number], Asker>> = {};
  /** Where the log was then. */
  let restarted = 0;

  before(async () => {
    cluster = await startCluster();
    server = await startServer({ ...OWNER, DATABASE_URL: cluster.url, API_THREADS: "1", METRICS_TOKEN, TRUSTED_PROXIES: "127.0.0.1" });
    const call = new FakeCall(server, "+15085140320");
    await call.arrives();
    await deliverPoison(server);
    await settled(server);
    const owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    const project = (await must<{ project: { id: string } }>(server, owner.token, "GET", "/api/me")).project.id;
    const { user } = await invite(server, owner, "viewer@first.example", "viewer", project);
    const { key } = await must<{ key: { id: string } }>(server, owner.token, "POST", "/api/keys", { name: "a key", rights: ["calls.read"] });
    const { sessions } = await must<{ sessions: { id: string }[] }>(server, owner.token, "GET", "/api/me/sessions");
    const { conversations } = await must<{ conversations: { id: string }[] }>(server, owner.token, "GET", "/api/conversations");
    const { events } = await must<InboxPage>(server, owner.token, "GET", "/api/events?processing_status=dead_letter");
    theirs = { project, conversation: conversations[0]?.id ?? "", call: call.sid, line: await firstLine(server, owner, project, call.sid), event: events[0]?.id ?? "", user: user.id, role: user.roles[0]?.id ?? "", key: key.id, session: sessions[0]?.id ?? "", account: ACCOUNT_SID, run: (await must<{ id: string }>(server, owner.token, "POST", "/api/jobs/freeze/runs")).id };

    stranger = await found(server, "Second organisation", "owner@second.example");
    const home = (await must<{ project: { id: string } }>(server, stranger.token, "GET", "/api/me")).project.id;
    const own = await belongingsOf(stranger, home, "viewer@second.example");
    const second = (await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Beside" })).id;
    const beside = await belongingsOf(owner, second, "viewer@beside.example");
    const admin = await employ(server, owner, "admin@beside.example", "admin", second);
    const { secret } = await must<{ secret: string }>(server, owner.token, "POST", "/api/keys", { name: "all", rights: FOR_KEYS }, second);
    await employ(server, owner, "gone@first.example", "viewer", project).then(({ id }) => must(server, owner.token, "PATCH", `/api/users/${id}`, { disabled: true }));
    await employ(server, owner, "both@first.example", "viewer", project);
    await accept(server, (await invite(server, stranger, "both@first.example", "viewer", home)).link_token ?? "", "both@first.example");
    await employ(server, owner, "nowhere@first.example", "viewer");
    await sql(server, "DELETE FROM user_roles WHERE user_id = (SELECT id FROM users WHERE email = 'nowhere@first.example')");
    await cluster.set({ log_statement: "all", log_line_prefix: "%c|", log_parameter_max_length: "0" });
    restarted = (await log()).length;
    await server.restart(); // whose sessions log from their first statement on
    stranger = await signIn(server, stranger.email);
    askers[OUTSIDE] = { token: stranger.token, own };
    askers[BESIDE] = { token: (await signIn(server, admin.email)).token, own: beside };
    askers[KEY] = { token: secret, own: beside };
    await must(server, secret, "GET", "/api/me"); // notes that it is used
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });

  const asker = (name: (typeof ASKERS)[number]): Asker => askers[name] ?? assert.fail(name);

  /** What an asker has within their own reach. */
  async function belongingsOf(by: Person, project: string, email: string): Promise<Ids> {
    const { user } = await invite(server, by, email, "viewer", project);
    return { ...MISSING, project, user: user.id, ...(await bringCall(server, by, project)) };
  }

  const log = (): Promise<string> => readFile(join(cluster.directory, "log"), "utf8");

  /** What the API asks while it answers; see statementsSince(). */
  async function asked(request: Asked, token = stranger.token): Promise<{ status: number; statements: string[] }> {
    const before_ = (await log()).length;
    const { status } = await ask(server, request.path, {
      method: request.method,
      key: token,
      headers: request.project === undefined ? {} : { "X-Project-Id": request.project },
      ...(request.body !== undefined && { body: request.body }),
    });
    return { status, statements: await statementsSince(before_) };
  }

  /** From a place of the log on, by the sessions that have ever asked for `mark`: that of the one thread of the API, or
   * those that sign people in. Whom they are told to work for they are told when that changes. */
  async function statementsSince(place: number, mark = "user_sessions s JOIN users"): Promise<string[]> {
    const split = (text: string): string[] => text.split(/^(?=[0-9a-f]+\.[0-9a-f]+\|)/m);
    const sessionOf = (entry: string): string => entry.split("|")[0] ?? "";
    const all = await log();
    const sessions = new Set(split(all.slice(restarted)).filter((entry) => entry.includes(mark)).map(sessionOf));
    assert.ok(sessions.size > 0, mark);
    return split(all.slice(place))
      .filter((entry) => sessions.has(sessionOf(entry)) && /\bLOG:\s+(execute|statement)/.test(entry))
      .map((entry) => entry.replace(/^\S+\|LOG:\s+(?:execute [^:]*|statement): /, "").trim())
      // What comes by how much the session has done, not by what is asked.
      .filter((statement) => !statement.includes("hookswitch.scope") && statement !== "DISCARD PLANS");
  }

  for (const name of ASKERS)
    describe(`for ${name}`, () => {
      for (const [what, request] of Object.entries(REQUESTS))
        it(what, async () => {
          const { token, own } = asker(name);
          const foreign = await asked(request(theirs, own), token);
          const missing = await asked(request(MISSING, own), token);
          assert.ok(foreign.statements.length > 0, JSON.stringify(foreign));
          assert.deepEqual(foreign, missing);
        });

      it("would notice a difference", async () => {
        const { token, own } = asker(name);
        const mine = await asked({ method: "GET", path: `/api/calls/${own.call}?as_of=${own.line}` }, token);
        const missing = await asked({ method: "GET", path: `/api/calls/${own.call}?as_of=${MISSING.line}` }, token);
        assert.equal(mine.status, 200);
        assert.notDeepEqual(mine.statements, missing.statements);
      });
    });

  it("an invitation does the same for who has an account elsewhere, is invited elsewhere, or is known to nobody", async () => {
    const invited = (email: string): Promise<{ status: number; statements: string[] }> => asked({ method: "POST", path: "/api/users", body: { email, role: "viewer" } });
    const usual = await invited("nobody@nowhere.example");
    assert.equal(usual.status, 201);
    for (const email of [OWNER.BOOTSTRAP_ADMIN_EMAIL, "gone@first.example", "viewer@first.example", "nowhere@first.example"]) assert.deepEqual(await invited(email), usual, email);
  });

  /** All that a failed sign-in does: its answer, what the store is asked, and how many passwords are hashed. */
  async function refused(email: string, address: string, password = PASSWORD): Promise<object> {
    const hashes = async (): Promise<number> => value(await scrape(server), "password_hashes_total") ?? assert.fail("hashes");
    const [place, hashed] = [(await log()).length, await hashes()];
    const { status, body, headers } = await ask<object>(server, "/auth/login", { method: "POST", key: null, body: { email, password }, headers: { "X-Forwarded-For": address } });
    return {
      status,
      body: JSON.stringify(body).replaceAll(/"trace_id":"[^"]*"/g, ""),
      headers: [...headers.keys()].sort(),
      hashes: (await hashes()) - hashed,
      statements: await statementsSince(place, "WHERE email = "),
    };
  }
  const REFUSED: Record<string, [string, string?]> = {
    "a wrong password": [OWNER.BOOTSTRAP_ADMIN_EMAIL],
    "nobody's address": ["nobody@nowhere.example"],
    "what is no address": ["nobody"],
    "who is shut out, with a wrong password": ["gone@first.example"],
    "who is shut out, with the right one": ["gone@first.example", "the password of gone@first.example"],
    "who has no password yet": ["viewer@first.example"],
    "who works for two organisations": ["both@first.example"],
    "who works for none": ["nowhere@first.example"],
  };

  it("F181 a sign-in that fails does the same for whomever it is tried", async () => {
    await Promise.all([signIn(server, stranger.email), signIn(server, stranger.email)]); // each thread has its connection
    const usual = await refused(OWNER.BOOTSTRAP_ADMIN_EMAIL, "192.0.2.1");
    assert.deepEqual({ ...usual, body: "", headers: [], statements: [] }, { status: 401, body: "", headers: [], hashes: 1, statements: [] });
    assert.ok((usual as { statements: string[] }).statements.some((statement) => statement.includes("INSERT INTO audit_logs")));
    for (const [i, [what, [email, password]]] of Object.entries(REFUSED).entries())
      assert.deepEqual(await refused(email, `192.0.2.${String(10 + i)}`, password), usual, what);
  });

  it("F181 and no more for any of them once it was tried too often", async () => {
    const said = new Set<string>();
    for (const [i, [what, [email, password]]] of Object.entries(REFUSED).entries()) {
      const address = `198.51.100.${String(10 + i)}`;
      let last = {};
      for (let n = 0; n < 6; n += 1) last = await refused(email, address, password);
      assert.deepEqual({ ...last, body: "", headers: [] }, { status: 429, body: "", headers: [], hashes: 0, statements: [] }, what);
      said.add(JSON.stringify(last));
    }
    assert.equal(said.size, 1, [...said].join("\n"));
  });
});
