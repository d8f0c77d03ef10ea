// Who is invited is a guest until they come (docs/adr/017): no organisation hears what an address does for another.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { ask, type Fault } from "../lib/api.ts";
import { accept, auditOf, employ, found, invite, type Me, type Member, must, OWNER, passwordOf, type Person, signIn } from "../lib/company.ts";
import { type Server, startServer } from "../lib/server.ts";
import { psql } from "../lib/postgres.ts";
import { tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { until } from "../lib/wait.ts";

type Users = { users: (Member["user"] & { has_password: boolean; created_at: string; seen_at: string | null })[] };

describe("a guest", () => {
  let server: Server;
  let theirs: Person, ours: Person;
  /** Works for them, and is invited by us. */
  let ann: Person;
  let invited: Member;
  let n = 0;

  before(async () => {
    server = await startServer(OWNER);
    theirs = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    ours = await found(server, "Ours", "owner@ours.example");
  });
  after(() => server.remove());
  beforeEach(async () => {
    ann = await employ(server, theirs, `ann${String((n += 1))}@example.com`, "viewer");
    invited = await must<Member>(server, ours.token, "POST", "/api/users", { email: ann.email, name: "Our Ann", role: "viewer" });
  });

  const heard = async (by: Person): Promise<string[]> => (await auditOf(server, by.token, "limit=20")).map(({ action }) => action);
  const take = async (link: string | undefined, password: string): Promise<number> =>
    (await ask(server, "/auth/accept", { method: "POST", key: null, body: { token: link, password } })).status;
  const orgsOf = async ({ token }: Person): Promise<string[]> =>
    (await must<{ projects: { org_name: string }[] }>(server, token, "GET", "/projects")).projects.map(({ org_name }) => org_name);
  const listed = async (by: Person, email: string): Promise<Users["users"]> =>
    (await must<Users>(server, by.token, "GET", "/api/users")).users.filter((user) => user.email === email);

  it("is answered for, and listed, alike whether or not the address has an account elsewhere", async () => {
    const unknown = await must<Member>(server, ours.token, "POST", "/api/users", { email: `new${String(n)}@example.com`, name: "Our Ann", role: "viewer" });
    const plain = (member: Member): string =>
      JSON.stringify(member).replaceAll(/"(id|email|created_at|link_token)":"[^"]*"/g, '"$1":""');
    assert.equal(plain(invited), plain(unknown));
    assert.equal(invited.user.status, "invited");
    assert.ok(Number(invited.user.id) > Number(ann.id), "an id that is as new as the invitation");
    await signIn(server, ann.email);
    const [shown] = await listed(ours, ann.email);
    assert.deepEqual(shown, invited.user, "nor does it change when they sign in");
  });

  it("is not heard of when the person signs in, fails to, or signs out elsewhere", async () => {
    const before = await heard(ours);
    const { token } = await signIn(server, ann.email);
    await ask(server, "/auth/login", { method: "POST", key: null, body: { email: ann.email, password: "a wrong password" } });
    await must(server, token, "POST", "/auth/logout");
    assert.deepEqual(await heard(ours), before);
    assert.deepEqual((await heard(theirs)).slice(0, 3), ["logout", "login.failed", "login"]);
  });

  it("opens nothing before the link is taken up, with the password of the account", async () => {
    const { project } = await must<Me>(server, ours.token, "GET", "/api/me");
    const enter = async (): Promise<number> => (await ask(server, "/api/calls", { key: ann.token, headers: { "X-Project-Id": project?.id ?? "" } })).status;
    assert.deepEqual([await enter(), await orgsOf(ann)], [404, ["Default organisation"]]);
    const before = (await heard(theirs)).length;
    assert.equal(await take(invited.link_token, "not the account's"), 401);
    assert.deepEqual((await heard(theirs)).slice(0, (await heard(theirs)).length - before), ["login.failed"], "who shares the account hears of the attempt");
    assert.equal(await enter(), 404);

    const told = (await heard(theirs)).length;
    const joined = await accept(server, invited.link_token ?? "", ann.email);
    assert.equal(joined.id, ann.id, "it is the account that they have");
    assert.deepEqual([await enter(), await orgsOf(ann)], [200, ["Default organisation", "Ours"]], "and its other session goes on");
    assert.deepEqual((await heard(ours)).slice(0, 2), ["invitation.accepted", "login"]);
    assert.deepEqual((await heard(theirs)).slice(0, (await heard(theirs)).length - told), ["login"], "what was taken up is not theirs to hear");
    assert.deepEqual((await listed(ours, ann.email)).map(({ id, status }) => [id, status]), [[ann.id, "active"]]);
    assert.equal(await take(invited.link_token, passwordOf(ann.email)), 404, "the link is used up");
    const line = (await auditOf(server, ours.token, "action=user.invited"))[0] as unknown as { entity: { name: string } };
    assert.equal(line.entity.name, ann.email, "who was invited has a name still");
  });

  it("tells since when they belong here, not since when they have an account", async () => {
    const [before] = await listed(ours, ann.email);
    await accept(server, invited.link_token ?? "", ann.email);
    const [after] = await listed(ours, ann.email);
    assert.equal(after?.created_at, before?.created_at);
    assert.notEqual(after?.created_at, (await listed(theirs, ann.email))[0]?.created_at);
  });

  it("takes nobody out of the hands of the organisation that they work for", async () => {
    await must(server, theirs.token, "DELETE", `/api/users/${ann.id}/sessions`);
    const { link_token } = await must<Member>(server, theirs.token, "POST", `/api/users/${ann.id}/link`);
    await must(server, ours.token, "POST", `/api/users/${invited.user.id}/roles`, { role: "operator" });
    assert.equal(await take(link_token, passwordOf(ann.email)), 200, "what they are given here ends no link of theirs");
    await must(server, theirs.token, "PATCH", `/api/users/${ann.id}`, { disabled: true });
    assert.equal((await listed(ours, ann.email))[0]?.status, "invited");
    const renewed = await must<Member>(server, ours.token, "POST", `/api/users/${invited.user.id}/link`);
    assert.equal(await take(renewed.link_token, passwordOf(ann.email)), 401, "a disabled account takes up nothing");
  });

  it("is told what to do when the account has no password, as that of a first owner who came by a link", async () => {
    await sql(server, `UPDATE users SET password_hash = NULL WHERE id = ${ann.id}`);
    const { status, body } = await ask<Fault>(server, "/auth/accept", { method: "POST", key: null, body: { token: invited.link_token, password: ann.password } });
    assert.equal(status, 409);
    assert.match(body.error.human_how_to_fix.join(), /hookswitch user reset/);
    await accept(server, (await tool(server, "user", "reset", ann.email)).output.trim(), ann.email);
    assert.deepEqual(await orgsOf(await accept(server, invited.link_token ?? "", ann.email)), ["Default organisation", "Ours"]);
  });

  it("has the address of who was invited before there were guests, never came, and has no role any more", async () => {
    const email = `before${String(n)}@example.com`;
    await sql(server, `INSERT INTO users (email, name) VALUES ('${email}', 'Of before')`);
    const { link_token } = await invite(server, ours, email, "viewer");
    await accept(server, link_token ?? "", email);
    await signIn(server, email);
  });

  it("comes in although another organisation has disabled the account, once it has let it go", async () => {
    await must(server, theirs.token, "PATCH", `/api/users/${ann.id}`, { disabled: true });
    assert.equal(await take(invited.link_token, ann.password), 401);
    const { user } = await must<Member>(server, theirs.token, "GET", `/api/users/${ann.id}`);
    for (const { id } of user.roles) await must(server, theirs.token, "DELETE", `/api/users/${ann.id}/roles/${id}`);
    assert.deepEqual(await orgsOf(await accept(server, invited.link_token ?? "", ann.email)), ["Ours"]);
  });

  const takeAway = async (by: Person, id: string): Promise<void> => {
    const { user } = await must<Member>(server, by.token, "GET", `/api/users/${id}`);
    for (const role of user.roles) await must(server, by.token, "DELETE", `/api/users/${id}/roles/${role.id}`);
  };

  it("comes in no more once the invitation was taken back", async () => {
    const unknown = await invite(server, ours, `gone${String(n)}@example.com`, "viewer");
    for (const { user, link_token } of [invited, unknown]) {
      await takeAway(ours, user.id);
      assert.equal((await ask(server, "/auth/link", { method: "POST", key: null, body: { token: link_token } })).status, 404);
      assert.equal(await take(link_token, passwordOf(user.email)), 404);
    }
    assert.deepEqual(await orgsOf(ann), ["Default organisation"]);
    await invite(server, ours, unknown.user.email, "viewer").then(({ link_token }) => accept(server, link_token ?? "", unknown.user.email));
  });

  it("is named to no organisation but their own, not even when they have none any more", async () => {
    const email = `left${String(n)}@ours.example`;
    const bob = await employ(server, ours, email, "viewer");
    await takeAway(ours, bob.id);
    const before = await auditOf(server, theirs.token, "limit=1");
    const again = await signIn(server, email);
    await ask(server, "/auth/login", { method: "POST", key: null, body: { email, password: "a wrong password" } });
    await must(server, again.token, "POST", "/auth/logout");
    const told = (await auditOf(server, theirs.token, "limit=100")).filter(({ seq }) => Number(seq) > Number(before[0]?.seq));
    assert.deepEqual(told.map(({ action, actor, entity }) => [action, actor.kind, actor.name, entity.id]),
      ["logout", "login.failed", "login"].map((action) => [action, "system", "system", "unknown"]));
    assert.ok(!JSON.stringify(await auditOf(server, theirs.token, "limit=100")).includes(email));
  });

  it("is refused a short password like any other wrong one, unless it is to be a new one", async () => {
    assert.equal(await take(invited.link_token, "short"), 401);
    assert.equal((await heard(theirs))[0], "login.failed");
    const { link_token } = await invite(server, ours, `short${String(n)}@example.com`, "viewer");
    assert.equal(await take(link_token, "short"), 400);
  });

  const skip = process.env["STORE"] !== "postgres" && "PostgreSQL only: SQLite has one writer at a time";

  it("is given no role any more while they become an account", { skip }, async () => {
    const url = server.env["DATABASE_URL"] ?? "";
    const here = "pg_stat_activity WHERE datname = current_database()";
    const joined = psql(url, `DO $$ BEGIN PERFORM FROM orgs WHERE name = 'Ours' FOR NO KEY UPDATE;
      UPDATE user_roles SET user_id = ${ann.id} WHERE user_id = ${invited.user.id};
      FOR i IN 1..6000 LOOP
        PERFORM pg_stat_clear_snapshot();
        IF EXISTS (SELECT FROM ${here} AND wait_event_type = 'Lock' AND query ~ 'FROM orgs') THEN RETURN; END IF;
        PERFORM pg_sleep(0.005);
      END LOOP; RAISE 'nobody waits'; END $$`);
    await until("they join", async () => (await psql(url, `SELECT count(*) FROM ${here} AND wait_event = 'PgSleep' AND query LIKE 'DO %orgs%'`)) === "1" || undefined);
    const { status } = await ask(server, `/api/users/${invited.user.id}/roles`, { method: "POST", key: ours.token, body: { role: "operator" } });
    await joined;
    assert.equal(status, 404);
    assert.deepEqual((await listed(ours, ann.email)).map(({ id }) => id), [ann.id]);
  });

  it("who is invited by two before they come has a link of each, and the password that they choose by the first", async () => {
    const email = `both${String(n)}@example.com`;
    const first = await invite(server, theirs, email, "viewer");
    const second = await invite(server, ours, email, "viewer");
    assert.notEqual(first.user.id, second.user.id);
    const both = await accept(server, second.link_token ?? "", email);
    assert.deepEqual(await orgsOf(both), ["Ours"]);
    assert.equal(await take(first.link_token, "another password"), 401);
    await accept(server, first.link_token ?? "", email);
    assert.deepEqual(await orgsOf(both), ["Default organisation", "Ours"]);
  });

  it("is one at a time for each organisation, and is given more in place", async () => {
    const again = await invite(server, ours, ann.email.toUpperCase(), "operator");
    assert.equal(again.user.id, invited.user.id);
    assert.equal(again.link_token, undefined);
    assert.equal(await take(invited.link_token, passwordOf(ann.email)), 404, "what is given since is not opened by the link of before");
  });

  it("gets another invitation from the console, whose link to reset is of the account", async () => {
    const email = `lost${String(n)}@example.com`;
    await invite(server, ours, email, "viewer");
    const link = async (): Promise<string> => {
      const { code, output } = await tool(server, "user", "reset", email);
      assert.equal(code, 0, output);
      return output.trim();
    };
    assert.deepEqual(await orgsOf(await accept(server, await link(), email)), ["Ours"]);
    await accept(server, await link(), email, "another password of theirs");
    assert.equal((await tool(server, "user", "reset", `nobody${String(n)}@example.com`)).code, 1);
  });

  it("gets another invitation from the console whoever has an account by the address", async () => {
    const { code, output } = await tool(server, "user", "invite", ann.email);
    assert.equal(code, 0, output);
    assert.equal(await take(invited.link_token, ann.password), 404, "the one of before ends");
    assert.deepEqual(await orgsOf(await accept(server, output.trim(), ann.email)), ["Default organisation", "Ours"]);
    assert.equal((await tool(server, "user", "invite", ann.email)).code, 1, "who has come is invited no more");
  });
});
