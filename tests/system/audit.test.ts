// The audit log: every deed leaves one line, which says who did what, and no secret; and it cannot be changed
// without `hookswitch verify` saying so.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, type InboxPage } from "../lib/api.ts";
import { dump } from "../lib/dump.ts";
import { accept, type AuditEntry, auditOf, employ, found, invite, type Me, type Member, must, OWNER, passwordOf, type Person, signIn, type Tokens } from "../lib/company.ts";
import { API_KEY, AUTH_TOKEN, MASTER_KEY, type Server, startServer } from "../lib/server.ts";
import { audit, settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { deliverPoison } from "../lib/twilio.ts";

type Due = { who: string; action: string; entity?: string; id?: string; details?: unknown; project?: string | null };

describe("the audit log", () => {
  let server: Server;
  let owner: Person, project: string;
  /** All that must be found neither in the store nor in what the server says. */
  const secrets = new Set<string>([API_KEY, AUTH_TOKEN, MASTER_KEY, OWNER.BOOTSTRAP_ADMIN_PASSWORD]);
  let seen = 0;

  before(async () => {
    server = await startServer({ ...OWNER, LOG_LEVEL: "debug" });
    secrets.add(server.loginLink.split("token=").at(-1) ?? "");
    await deliverPoison(server);
    await deliverPoison(server);
    await deliverPoison(server);
    await settled(server);
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    project = (await must<Me>(server, owner.token, "GET", "/api/me")).project?.id ?? "";
    keep(owner);
    seen = Number((await auditOf(server, owner.token, "limit=1"))[0]?.seq);
  });
  after(() => server.remove());

  function keep(person: Person): Person {
    for (const secret of [person.password, person.token, person.refresh]) secrets.add(secret);
    return person;
  }
  const linked = (member: Member): Member => {
    if (member.link_token !== undefined) secrets.add(member.link_token);
    return member;
  };

  /** Does it, and expects these lines for it and no other. */
  async function leaves<T>(deed: () => Promise<T>, ...due: Due[]): Promise<T> {
    const done = await deed();
    const lines = (await auditOf(server, owner.token)).filter(({ seq }) => Number(seq) > seen).reverse();
    seen += lines.length;
    assert.deepEqual(lines.map(({ action }) => action), due.map(({ action }) => action));
    for (const [i, line] of lines.entries()) {
      const { who, entity, id, details, project: at } = due[i] ?? assert.fail();
      assert.equal(line.actor.name, who, line.action);
      if (entity !== undefined) assert.equal(line.entity.type, entity, line.action);
      if (id !== undefined) assert.equal(line.entity.id, id, line.action);
      if (details !== undefined) assert.deepEqual(line.details, details, line.action);
      if (at !== undefined) assert.equal(line.project_id, at, line.action);
    }
    return done;
  }
  const nothing = async (deed: () => Promise<unknown>): Promise<void> => { await leaves(deed); };

  it("notes who signs in and out, and who tries", async () => {
    const ann = keep(await leaves(
      async () => accept(server, linked(await invite(server, owner, "ann@first.example", "admin")).link_token ?? "", "ann@first.example"),
      { who: owner.email, action: "user.invited", entity: "user", details: { before: null, after: "admin" }, project: null },
      { who: "ann@first.example", action: "invitation.accepted" },
    ));
    const again = keep(await leaves(() => signIn(server, ann.email), { who: ann.email, action: "login", entity: "user", id: ann.id }));
    const login = (email: string): Promise<unknown> => ask(server, "/auth/login", { method: "POST", key: null, body: { email, password: "a wrong password" } });
    secrets.add("a wrong password");
    await leaves(() => login(ann.email), { who: ann.email, action: "login.failed", id: ann.id });
    await leaves(() => login("nobody@first.example"), { who: "system", action: "login.failed", id: "unknown" });
    await leaves(() => must(server, again.token, "POST", "/auth/logout"), { who: ann.email, action: "logout" });
    const other = keep(await leaves(() => signIn(server, ann.email), { who: ann.email, action: "login" }));
    const { sessions } = await must<{ sessions: { id: string; is_current: boolean }[] }>(server, ann.token, "GET", "/api/me/sessions");
    await leaves(() => must(server, ann.token, "DELETE", `/api/me/sessions/${sessions.find((s) => !s.is_current)?.id ?? ""}`), { who: ann.email, action: "session.revoked" });
    assert.equal((await ask(server, "/api/me", { key: other.token })).status, 401);
    await leaves(() => must(server, ann.token, "DELETE", "/api/me/sessions"), { who: ann.email, action: "sessions.revoked" });
    secrets.add("the next password");
    await leaves(() => must(server, ann.token, "POST", "/api/me/password", { current_password: ann.password, new_password: "the next password" }), { who: ann.email, action: "password.changed", id: ann.id });
    const { body } = await ask<Tokens>(server, "/auth/refresh", { method: "POST", key: null, body: { refresh_token: ann.refresh } });
    secrets.add(body.refresh_token ?? "").add(body.access_token);
    await nothing(() => must(server, body.access_token, "GET", "/api/me"));
  });

  it("notes rights, people, projects and keys, with what was before", async () => {
    const bob = keep(await employ(server, owner, "bob@first.example", "viewer", project));
    seen += 2;
    const { user } = await must<Member>(server, owner.token, "GET", `/api/users/${bob.id}`);
    await leaves(() => must(server, owner.token, "POST", `/api/users/${bob.id}/roles`, { role: "operator", project_id: project }),
      { who: owner.email, action: "role.granted", entity: "user", id: bob.id, details: { before: "viewer", after: "operator" }, project });
    await leaves(() => must(server, owner.token, "DELETE", `/api/users/${bob.id}/sessions`), { who: owner.email, action: "sessions.revoked", id: bob.id });
    await leaves(() => must(server, owner.token, "PATCH", `/api/users/${bob.id}`, { disabled: true }), { who: owner.email, action: "user.disabled", id: bob.id });
    await leaves(() => must(server, owner.token, "PATCH", `/api/users/${bob.id}`, { disabled: false }), { who: owner.email, action: "user.enabled", id: bob.id });
    linked(await leaves(() => must<Member>(server, owner.token, "POST", `/api/users/${bob.id}/link`), { who: owner.email, action: "password.link_made", id: bob.id }));
    await leaves(() => must(server, owner.token, "DELETE", `/api/users/${bob.id}/roles/${user.roles[0]?.id ?? ""}`),
      { who: owner.email, action: "role.taken", id: bob.id, details: { before: "operator", after: null }, project });
    const made = await leaves(() => must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Second" }), { who: owner.email, action: "project.created", details: { before: null, after: "Second" } });
    assert.ok(made.id);
    const { key, secret } = await leaves(() => must<{ key: { id: string }; secret: string }>(server, owner.token, "POST", "/api/keys", { name: "for us", rights: ["calls.read", "calls.export", "events.replay"] }, project),
      { who: owner.email, action: "key.created", entity: "api_key", details: { before: null, after: "for us: calls.read calls.export events.replay" }, project });
    secrets.add(secret);
    await leaves(() => must(server, secret, "POST", "/api/exports", { kind: "calls", rows: 12, filter: { status: "busy" } }),
      { who: "for us", action: "export.made", entity: "export", id: "calls", details: { rows: 12, filter: { status: "busy" } }, project });
    await leaves(() => must(server, owner.token, "DELETE", `/api/keys/${key.id}`, undefined, project), { who: owner.email, action: "key.revoked", id: key.id, details: { before: "for us", after: null } });
  });

  it("notes what connects a project: its settings, and which accounts have how many secrets, but none of them", async () => {
    const account = `AC${"3".repeat(32)}`;
    const path = `/api/connections/twilio/${account}`;
    const line = { who: owner.email, entity: "connection", id: `twilio ${account}`, project };
    const put = (body: Record<string, string>): Promise<unknown> => {
      for (const secret of Object.values(body)) secrets.add(secret);
      return must(server, owner.token, "PUT", path, body, project);
    };
    await leaves(() => put({ secret: "the first of three secrets" }), { ...line, action: "connection.set", details: { before: null, after: "connected" } });
    await leaves(() => put({ secret: "the second of three secrets", secondary_secret: "the third of three secrets" }),
      { ...line, action: "connection.set", details: { before: "connected", after: "connected with two secrets" } });
    await leaves(() => must(server, owner.token, "DELETE", path, undefined, project), { ...line, action: "connection.removed", details: { before: "connected with two secrets", after: null } });
    await nothing(() => ask(server, path, { method: "DELETE", key: owner.token }));

    const { name } = await must<{ name: string }>(server, owner.token, "GET", "/api/settings", undefined, project);
    const said = (sip: string): string => `${name}: numbers ; region ; calls to ${sip}@; time zone UTC`;
    await leaves(() => must(server, owner.token, "PATCH", "/api/settings", { sip_user: "desk" }, project),
      { who: owner.email, action: "settings.changed", entity: "project", id: project, details: { before: said(""), after: said("desk") }, project });
    await leaves(() => must(server, owner.token, "PATCH", "/api/settings", { sip_user: "" }, project), { who: owner.email, action: "settings.changed" });
  });

  it("what several change at once is changed one after another: nothing is lost, and each line begins where the last ended", async () => {
    const fields = { name: "Ours", owned_numbers: "+16175006181", region: "US", sip_user: "desk", sip_domain: "pbx.example", time_zone: "Europe/Berlin" };
    for (let round = 0; round < 8; round++) {
      const wanted = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, round % 2 === 0 || !/^(name|sip_)/.test(field) ? value : `${value}2`]));
      await Promise.all(Object.entries(wanted).map(([field, value]) => must(server, owner.token, "PATCH", "/api/settings", { [field]: value }, project)));
      const { presets: _, ...now } = await must<Record<string, unknown>>(server, owner.token, "GET", "/api/settings", undefined, project);
      assert.deepEqual(now, wanted);
    }
    await Promise.all([1, 2, 3, 4, 5, 6].map((value) => must(server, owner.token, "PATCH", "/api/quotas", { name: "realtime_clients_max", value }, project)));
    for (const action of ["settings.changed", "quota.chosen"]) {
      const lines = (await auditOf(server, owner.token, `limit=100&action=${action}`)).reverse();
      assert.ok(lines.length >= 6);
      for (const [i, { details }] of lines.entries()) if (i > 0) assert.deepEqual(details["before"], lines[i - 1]?.details["after"], action);
    }
    seen = Number((await auditOf(server, owner.token, "limit=1"))[0]?.seq);
  });

  it("notes replays: of one, of a selection, of all that fit; and none where nothing was put back", async () => {
    const replay = (path: string, body?: unknown): Promise<unknown> => must(server, owner.token, "POST", `/api/events/${path}`, body, project);
    const dead = async (): Promise<string[]> => (await must<InboxPage>(server, owner.token, "GET", "/api/events?processing_status=dead_letter", undefined, project)).events.map(({ id }) => id).sort();
    const [first = "", second = "", third = ""] = await dead();
    const line = { who: owner.email, action: "event.replayed", entity: "event", project };
    await leaves(() => replay(`${first}/reprocess`), { ...line, id: first });
    await settled(server);
    await leaves(() => replay("reprocess", { ids: [second, third, "999999"] }), { ...line, id: "many", details: { requested: 2, ids: [second, third] } });
    await settled(server);
    const filter = { processing_status: "dead_letter", source: "twilio_voice" };
    await leaves(() => replay("reprocess", { filter }), { ...line, id: "many", details: { requested: 3, filter } });
    await settled(server);
    await nothing(() => replay("reprocess", { filter: { ...filter, source: "nobody" } }));
    await nothing(() => replay("reprocess", { ids: ["999999"] }));
    await nothing(() => ask(server, "/api/events/999999/reprocess", { method: "POST", key: owner.token }));
  });

  it("notes no deed that was refused", async () => {
    const eve = keep(await employ(server, owner, "eve@first.example", "viewer"));
    seen += 2;
    for (const [method, path, body] of [
      ["POST", "/api/users", { email: "x@first.example", role: "viewer" }],
      ["POST", "/api/keys", { name: "x", rights: ["calls.read"] }],
      ["POST", "/api/exports", { kind: "calls", rows: 1 }],
      ["POST", "/api/events/reprocess", { ids: ["1"] }],
      ["PATCH", `/api/users/${owner.id}`, { disabled: true }],
    ] as const) await nothing(async () => { assert.equal((await ask(server, path, { method, key: eve.token, body })).status, 403, path); });
    await nothing(() => ask(server, "/api/users/999999/roles", { method: "POST", key: owner.token, body: { role: "viewer" } }));
  });

  it("notes what is done at the console, and keeps each organisation's own log", async () => {
    const zoe = keep(await found(server, "Other company", "zoe@other.example"));
    await nothing(() => Promise.resolve());
    assert.deepEqual((await auditOf(server, zoe.token)).map(({ action, actor, details }) => [action, actor.name, details]).reverse(), [
      ["org.created", "console", { before: null, after: "Other company" }],
      ["user.invited", "console", { before: null, after: "owner" }],
      ["invitation.accepted", zoe.email, {}],
    ]);
    const atConsole = (args: string[], ...due: Omit<Due, "who">[]): Promise<string> => leaves(async () => {
      const { code, output } = await tool(server, ...args);
      assert.equal(code, 0, output);
      secrets.add(/(?:#|token=)(\S+)/.exec(output)?.[1] ?? "");
      return output;
    }, ...due.map((each) => ({ who: "console", ...each })));
    await atConsole(["user", "create", "sam@first.example", "supervisor", "Sam"], { action: "user.invited", entity: "user", details: { before: null, after: "supervisor" } });
    await atConsole(["user", "create", "sam@first.example", "viewer"],
      { action: "role.granted", entity: "user", details: { before: "supervisor", after: "viewer" } }, { action: "user.invited", details: {} });
    await atConsole(["login-link"], { action: "login.link_made", entity: "user", id: owner.id, details: {}, project: null });
    const asked = await atConsole(["jobs", "run", "freeze"], { action: "job.asked", entity: "job", id: "freeze", project });
    assert.deepEqual((await auditOf(server, owner.token, "limit=1"))[0]?.details, { run: /^run (\d+) /.exec(asked)?.[1] });
    for (const [made, taken] of [["user.invited", "invitation.accepted"], ["password.link_made", "password.reset"]] as const) {
      const reset = await leaves(() => tool(server, "user", "reset", "sam@first.example"), { who: "console", action: made });
      secrets.add(reset.output.trim().split("#").at(-1) ?? "").add(passwordOf("sam@first.example"));
      keep(await leaves(() => accept(server, reset.output.trim(), "sam@first.example"), { who: "sam@first.example", action: taken }));
    }
  });

  it("is read a page at a time, and by what was done, by whom, to what, and when", async () => {
    const all: AuditEntry[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { entries: AuditEntry[]; next_before: string | null } = await must(server, owner.token, "GET", `/api/audit?limit=7${cursor === "" ? "" : `&before=${cursor}`}`);
      all.push(...page.entries);
      cursor = page.next_before;
    }
    assert.deepEqual(all.map(({ seq }) => Number(seq)), Array.from({ length: seen }, (_, i) => seen - i));
    for (const query of ["action=key.created", `actor=${owner.email}`, "entity=export"]) {
      const some = await auditOf(server, owner.token, query);
      assert.ok(some.length > 0 && some.length < all.length, query);
    }
    assert.deepEqual(await auditOf(server, owner.token, "from=2999-01-01T00:00:00Z"), []);
    assert.deepEqual(await auditOf(server, owner.token, "to=2020-01-01T00:00:00Z"), []);
  });

  it("is read of one project by who reads it of all, and of no other than their own by who does not", async () => {
    const { id: another } = await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Another" });
    const alone = keep(await employ(server, owner, "alone@first.example", "admin", project));
    const of = async (by: Person, at: string): Promise<(string | null)[]> =>
      [...new Set((await auditOf(server, by.token, `of_project=${at}&limit=100`)).map((entry) => entry.project_id))];
    assert.ok(new Set((await auditOf(server, owner.token)).map((entry) => entry.project_id)).size > 2);
    assert.deepEqual([await of(owner, project), await of(owner, another), await of(owner, "999001")], [[project], [another], []]);
    assert.deepEqual([await of(alone, project), await of(alone, another), await of(alone, "999001")], [[project], [], []]);
    assert.equal((await ask(server, "/api/audit?of_project=x", { key: owner.token })).status, 400);
  });

  it("F182 holds no secret, nor does anything else that is stored or logged", async () => {
    secrets.delete("");
    const stored = JSON.stringify(await dump(server));
    const said = server.output().replaceAll(server.loginLink, ""); // which is said on purpose
    for (const secret of secrets) {
      assert.ok(!stored.includes(secret), `in the store: ${secret.slice(0, 8)}…`);
      assert.ok(!said.replaceAll(/\/login\?token=\S+/g, "").includes(secret), `in the log: ${secret.slice(0, 8)}…`);
    }
    assert.ok(secrets.size > 20);
  });

  it("lets nobody change or remove an entry, and verify finds it when somebody does", async () => {
    assert.match(await audit(server), new RegExp(`, [1-9]\\d* audit entries checked: 0 findings`));
    await assert.rejects(sql(server, "UPDATE audit_logs SET details = '{}' WHERE seq = 3 AND org_id = 1"));
    await assert.rejects(sql(server, "DELETE FROM audit_logs WHERE seq = 3 AND org_id = 1"));
    const on = server.env["DATABASE_URL"]?.startsWith("sqlite:") ? "" : " ON audit_logs";
    await sql(server, `DROP TRIGGER audit_logs_immutable${on}; DROP TRIGGER audit_logs_kept${on}`);
    const finds = async (change: string, undo: string): Promise<void> => {
      await sql(server, change);
      const { code, output } = await tool(server, "verify");
      assert.equal(code, 1, change);
      assert.match(output, /audit log of organisation 1: /, change);
      await sql(server, undo);
    };
    for (const column of ["details", "action", "actor_name", "entity_id", "trace_id", "hash"])
      await finds(`UPDATE audit_logs SET ${column} = ${column} || 'x' WHERE seq = 3 AND org_id = 1`, `UPDATE audit_logs SET ${column} = substr(${column}, 1, length(${column}) - 1) WHERE seq = 3 AND org_id = 1`);
    await finds("UPDATE audit_logs SET seq = 1000 WHERE seq = 2 AND org_id = 1", "UPDATE audit_logs SET seq = 2 WHERE seq = 1000 AND org_id = 1");
    await audit(server);
    await sql(server, `DELETE FROM audit_logs WHERE org_id = 1 AND seq = ${String(seen)}`);
    assert.equal((await tool(server, "verify")).code, 1, "its end is missing");
  });

  it("is not emptied without verify seeing it: the ends of the chains stay, and are missed where somebody signed in", async () => {
    const sqlite = server.env["DATABASE_URL"]?.startsWith("sqlite:") === true;
    await assert.rejects(sql(server, "DELETE FROM audit_heads WHERE org_id = 2"));
    if (!sqlite) for (const table of ["audit_logs", "audit_heads"]) await assert.rejects(sql(server, `TRUNCATE ${table}`));
    const of = async (): Promise<string> => {
      const { code, output } = await tool(server, "verify");
      assert.equal(code, 1, output);
      return /audit log of organisation 2: .*/.exec(output)?.[0] ?? "";
    };
    assert.equal(await of(), "");
    await sql(server, `DROP TRIGGER audit_heads_kept${sqlite ? "" : " ON audit_heads"}; DELETE FROM audit_heads WHERE org_id = 2`);
    assert.match(await of(), /its end is not noted; its last entry is \d+/);
    await sql(server, "DELETE FROM audit_logs WHERE org_id = 2");
    assert.match(await of(), /its end is not noted, although somebody has signed in/);
  });
});
