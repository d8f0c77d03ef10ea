// Nobody learns from how long an answer takes whether a thing is another's or nobody's: the store is asked the same
// statements in the same order for both. No clock is looked at, as there is nothing else that could take time.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ask, type InboxPage } from "../lib/api.ts";
import { found, invite, must, OWNER, type Person, signIn } from "../lib/company.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";

const skip = process.env["STORE"] !== "postgres" && "PostgreSQL only: its log tells what it is asked";

type Ids = { project: string; conversation: string; call: string; event: string; user: string; role: string; key: string; session: string };
const MISSING: Ids = { project: "999001", conversation: "999002", call: `CA${"0".repeat(32)}`, event: "999003", user: "999004", role: "999005", key: "999006", session: "no-such-session" };

type Request = { method: string; path: string; body?: unknown; project?: string };
const REQUESTS: Record<string, (ids: Ids, own: { user: string; project: string }) => Request> = {
  "a conversation": ({ conversation }) => ({ method: "GET", path: `/api/conversations/${conversation}` }),
  "its calls": ({ conversation }) => ({ method: "GET", path: `/api/conversations/${conversation}/messages` }),
  "a call": ({ call }) => ({ method: "GET", path: `/api/calls/${call}` }),
  "a recording": ({ call }) => ({ method: "GET", path: `/api/calls/${call}/recording` }),
  "an event": ({ event }) => ({ method: "GET", path: `/api/events/${event}` }),
  "events by id": ({ event }) => ({ method: "GET", path: `/api/events?ids=${event}` }),
  "events of a call": ({ call }) => ({ method: "GET", path: `/api/events?call_sid=${call}` }),
  "a replay": ({ event }) => ({ method: "POST", path: `/api/events/${event}/reprocess` }),
  "a replay of several": ({ event }) => ({ method: "POST", path: "/api/events/reprocess", body: { ids: [event] } }),
  "a person": ({ user }) => ({ method: "GET", path: `/api/users/${user}` }),
  "a person shut out": ({ user }) => ({ method: "PATCH", path: `/api/users/${user}`, body: { disabled: true } }),
  "a person's link": ({ user }) => ({ method: "POST", path: `/api/users/${user}/link` }),
  "a person's sessions": ({ user }) => ({ method: "DELETE", path: `/api/users/${user}/sessions` }),
  "a role for a person": ({ user }, own) => ({ method: "POST", path: `/api/users/${user}/roles`, body: { role: "viewer", project_id: own.project } }),
  "a role in a project": ({ project }, own) => ({ method: "POST", path: `/api/users/${own.user}/roles`, body: { role: "viewer", project_id: project } }),
  "a role taken": ({ user, role }) => ({ method: "DELETE", path: `/api/users/${user}/roles/${role}` }),
  "an invitation to a project": ({ project }) => ({ method: "POST", path: "/api/users", body: { email: "new@nowhere.example", role: "viewer", project_id: project } }),
  "a key": ({ key }) => ({ method: "DELETE", path: `/api/keys/${key}` }),
  "a session": ({ session }) => ({ method: "DELETE", path: `/api/me/sessions/${session}` }),
  "a project to go to": ({ project }) => ({ method: "POST", path: "/api/me/project", body: { project_id: project } }),
  "a project in the header": ({ project }) => ({ method: "GET", path: "/api/calls", project }),
};

describe("F173 the way to what is another's is the way to what is not there", { skip }, () => {
  let cluster: Cluster;
  let server: Server;
  let stranger: Person;
  let theirs: Ids;
  let own: { user: string; project: string };

  before(async () => {
    cluster = await startCluster();
    server = await startServer({ ...OWNER, DATABASE_URL: cluster.url, API_THREADS: "1" });
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
    theirs = { project, conversation: conversations[0]?.id ?? "", call: call.sid, event: events[0]?.id ?? "", user: user.id, role: user.roles[0]?.id ?? "", key: key.id, session: sessions[0]?.id ?? "" };

    stranger = await found(server, "Second organisation", "owner@second.example");
    const home = (await must<{ project: { id: string } }>(server, stranger.token, "GET", "/api/me")).project.id;
    own = { project: home, user: (await invite(server, stranger, "viewer@second.example", "viewer", home)).user.id };
    await cluster.set({ log_statement: "all", log_line_prefix: "%c|", log_parameter_max_length: "0" });
    await server.restart(); // whose sessions log from their first statement on
    stranger = await signIn(server, stranger.email);
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });

  const log = (): Promise<string> => readFile(join(cluster.directory, "log"), "utf8");

  /** What the one thread of the API asks while it answers; whom it is told to work for it is told when that changes. */
  async function asked(request: Request): Promise<{ status: number; statements: string[] }> {
    const before_ = (await log()).length;
    const { status } = await ask(server, request.path, {
      method: request.method,
      key: stranger.token,
      headers: request.project === undefined ? {} : { "X-Project-Id": request.project },
      ...(request.body !== undefined && { body: request.body }),
    });
    const entries = (await log()).slice(before_).split(/^(?=[0-9a-f]+\.[0-9a-f]+\|)/m);
    const session = entries.find((entry) => entry.includes("user_sessions s JOIN users"))?.split("|")[0] ?? assert.fail("the API's session");
    const statements = entries
      .filter((entry) => entry.startsWith(`${session}|`) && /\bLOG:\s+(execute|statement)/.test(entry))
      .map((entry) => entry.replace(/^\S+\|LOG:\s+(?:execute [^:]*|statement): /, "").trim())
      // What comes by how much the session has done, not by what is asked.
      .filter((statement) => !statement.includes("hookswitch.scope") && statement !== "DISCARD PLANS");
    return { status, statements };
  }

  for (const [what, request] of Object.entries(REQUESTS))
    it(what, async () => {
      const foreign = await asked(request(theirs, own));
      const missing = await asked(request(MISSING, own));
      assert.ok(foreign.statements.length > 1, JSON.stringify(foreign));
      assert.deepEqual(foreign, missing);
    });

  it("would notice a difference", async () => {
    const mine = await asked({ method: "GET", path: `/api/users/${own.user}` });
    const missing = await asked({ method: "GET", path: `/api/users/${MISSING.user}` });
    assert.notDeepEqual(mine.statements, missing.statements);
  });
});
