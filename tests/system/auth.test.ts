// Attacks on signing in, on sessions, on tokens and keys, and on whoever else's account.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ask, type Fault } from "../lib/api.ts";
import { MEMORY_TELLS, residentMegabytes } from "../lib/system.ts";
import { accept, auditOf, employ, found, invite, type Me, type Member, must, OWNER, passwordOf, type Person, signIn, type Tokens } from "../lib/company.ts";
import { psql } from "../lib/postgres.ts";
import { API_KEY, MASTER_KEY, type Server, startServer } from "../lib/server.ts";
import { settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { document } from "../lib/openapi.ts";
import { until } from "../lib/wait.ts";

const coded = (part: unknown): string => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
const decoded = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
const SIGNING_KEY = createHmac("sha256", MASTER_KEY).update("hookswitch access tokens").digest();

function signed(header: object, claims: object, key: string | Buffer = SIGNING_KEY, hash = "sha256"): string {
  const text = `${coded(header)}.${coded(claims)}`;
  return `${text}.${createHmac(hash, key).update(text).digest("base64url")}`;
}

describe("signing in", () => {
  let server: Server;
  let owner: Person;
  let n = 0;

  before(async () => {
    server = await startServer({ ...OWNER, TRUSTED_PROXIES: "127.0.0.1", LOG_LEVEL: "debug" });
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
  });
  after(() => server.remove());

  const someone = (role: "admin" | "viewer" | "owner" = "viewer", project?: string): Promise<Person> =>
    employ(server, owner, `person${String((n += 1))}@first.example`, role, project);
  const statusOf = async (token: string | null, path = "/api/me"): Promise<number> => (await ask(server, path, { key: token })).status;
  const login = (email: string, password: string, address = "192.0.2.1"): Promise<{ status: number; body: Fault; headers: Headers }> =>
    ask<Fault>(server, "/auth/login", { method: "POST", key: null, body: { email, password }, headers: { "X-Forwarded-For": address } });
  const refresh = (token: string): Promise<{ status: number; body: Tokens }> =>
    ask<Tokens>(server, "/auth/refresh", { method: "POST", key: null, body: { refresh_token: token } });
  const ownProject = async (token: string): Promise<string> => (await must<Me>(server, token, "GET", "/api/me")).project?.id ?? "";

  it("F180 takes no access token but its own: no algorithm, another one, another key, expired, changed", async () => {
    const { token } = await someone();
    const [head = "", body = "", signature = ""] = token.split(".");
    const claims = decoded(body);
    const later = { ...claims, exp: Number(claims["exp"]) + 1 };
    assert.equal(await statusOf(signed({ alg: "HS256", typ: "JWT" }, later)), 200, "the key is derived as this test believes");
    const forged = {
      none: `${coded({ alg: "none", typ: "JWT" })}.${body}.`,
      "none, signed": signed({ alg: "none" }, claims),
      None: `${coded({ alg: "None" })}.${body}.${signature}`,
      HS384: signed({ alg: "HS384", typ: "JWT" }, claims, SIGNING_KEY, "sha384"),
      HS512: signed({ alg: "HS512", typ: "JWT" }, claims, SIGNING_KEY, "sha512"),
      RS256: signed({ alg: "RS256", typ: "JWT" }, claims),
      "another key": signed({ alg: "HS256" }, claims, "another key"),
      "the master key itself": signed({ alg: "HS256" }, claims, MASTER_KEY),
      "no key": signed({ alg: "HS256" }, claims, ""),
      expired: signed({ alg: "HS256" }, { ...claims, exp: Math.floor(Date.now() / 1000) - 1 }),
      "without an end": signed({ alg: "HS256" }, { ...claims, exp: undefined }),
      "an end that is no number": signed({ alg: "HS256" }, { ...claims, exp: "9999999999" }),
      "another issuer": signed({ alg: "HS256" }, { ...claims, iss: "somebody" }),
      "another's session": signed({ alg: "HS256" }, { ...claims, sub: owner.id }),
      "no session": signed({ alg: "HS256" }, { ...claims, sid: "none" }),
      "other claims": `${head}.${coded({ ...claims, sub: owner.id })}.${signature}`,
      "a changed signature": `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
      "no signature": `${head}.${body}.`,
      "two parts": `${head}.${body}`,
      dots: "...",
      long: `${head}.${"A".repeat(4000)}.${signature}`,
    };
    for (const [what, fake] of Object.entries(forged)) {
      assert.equal(await statusOf(fake), 401, what);
      const cookie = await ask(server, "/api/me", { key: null, headers: { Cookie: `hookswitch_session=${fake}` } });
      assert.equal(cookie.status, 401, `${what}, as a cookie`);
    }
    assert.equal(await statusOf(token), 200);
  });

  it("F180 a disabled person is out at once, a role that is taken away counts at once", async () => {
    const ann = await someone("admin");
    assert.equal(await statusOf(ann.token, "/api/users"), 200);
    const { user } = await must<Member>(server, owner.token, "GET", `/api/users/${ann.id}`);
    await must(server, owner.token, "POST", `/api/users/${ann.id}/roles`, { role: "viewer" });
    assert.equal(await statusOf(ann.token, "/api/users"), 403);
    await must(server, owner.token, "DELETE", `/api/users/${ann.id}/roles/${user.roles[0]?.id ?? ""}`);
    assert.equal(await statusOf(ann.token, "/api/calls"), 403);
    assert.deepEqual((await must<{ projects: unknown[] }>(server, ann.token, "GET", "/projects")).projects, []);

    const bob = await someone();
    await must(server, owner.token, "PATCH", `/api/users/${bob.id}`, { disabled: true });
    assert.equal(await statusOf(bob.token), 401);
    assert.equal((await refresh(bob.refresh)).status, 401);
    assert.equal((await login(bob.email, bob.password, "192.0.2.77")).status, 401);
    await must(server, owner.token, "PATCH", `/api/users/${bob.id}`, { disabled: false });
    assert.equal(await statusOf(bob.token), 401, "what was ended stays so");
    assert.equal((await login(bob.email, bob.password, "192.0.2.77")).status, 200);
  });

  it("F178 a refresh token that is used twice ends its session, which is audited; two tabs at once do not", async () => {
    const ann = await someone();
    const both = await Promise.all([refresh(ann.refresh), refresh(ann.refresh)]);
    assert.deepEqual(both.map(({ status }) => status), [200, 200]);
    const next = both.map(({ body }) => body.refresh_token).filter((token) => token !== null);
    assert.equal(next.length, 1, "one of the two is given the next token");
    const third = await refresh(next[0] ?? "");
    assert.equal(third.status, 200);
    const older = server.env["DATABASE_URL"]?.startsWith("sqlite:") ? "used_at - 11000000" : "used_at - interval '11 seconds'";
    await sql(server, `UPDATE refresh_tokens SET used_at = ${older} WHERE used_at IS NOT NULL`);
    assert.equal((await refresh(ann.refresh)).status, 401);
    assert.equal((await refresh(third.body.refresh_token ?? "")).status, 401, "the whole family is dead");
    for (const token of [ann.token, third.body.access_token]) assert.equal(await statusOf(token), 401);
    const stolen = (await auditOf(server, owner.token, "action=session.stolen")).filter(({ actor }) => actor.name === ann.email);
    assert.equal(stolen.length, 1);
    assert.equal((await refresh("A".repeat(43))).status, 401);
  });

  it("ends what a logout, another password and an administrator end, and no more", async () => {
    const ann = await someone();
    const second = await signIn(server, ann.email);
    const third = await signIn(server, ann.email);
    await must(server, ann.token, "POST", "/auth/logout");
    assert.equal(await statusOf(ann.token), 401);
    assert.equal((await refresh(ann.refresh)).status, 401);
    assert.equal(await statusOf(second.token), 200);
    assert.equal((await ask(server, "/api/me/password", { method: "POST", key: second.token, body: { current_password: "not this one", new_password: "a new password" } })).status, 403);
    await must(server, second.token, "POST", "/api/me/password", { current_password: ann.password, new_password: "a new password" });
    assert.deepEqual([await statusOf(second.token), await statusOf(third.token)], [200, 401]);
    assert.equal((await refresh(third.refresh)).status, 401);
    assert.equal((await login(ann.email, ann.password, "192.0.2.78")).status, 401);
    await must(server, owner.token, "DELETE", `/api/users/${ann.id}/sessions`);
    assert.equal(await statusOf(second.token), 401);
    assert.equal((await refresh(second.refresh)).status, 401);
  });

  it("F182 a key in the address is no key and is not logged; foreign, revoked and expired ones are refused", async () => {
    const project = await ownProject(owner.token);
    const { key, secret } = await must<{ key: { id: string }; secret: string }>(server, owner.token, "POST", "/api/keys", { name: "k", rights: ["calls.read"] }, project);
    for (const name of ["api_key", "key", "token", "access_token", "authorization"]) assert.equal(await statusOf(null, `/api/calls?${name}=${secret}`), 401, name);
    assert.equal((await ask(server, "/api/calls", { key: null, headers: { Cookie: `hookswitch_session=${secret}` } })).status, 401);
    assert.ok(!server.output().includes(secret));
    assert.equal(await statusOf(secret, "/api/calls"), 200);
    assert.equal(await statusOf(secret, "/api/users"), 403);
    assert.equal(await statusOf(secret, "/api/keys"), 403);
    const second = (await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Beside" })).id;
    assert.equal((await ask(server, "/api/calls", { key: secret, headers: { "X-Project-Id": second } })).status, 404);
    await must(server, owner.token, "DELETE", `/api/keys/${key.id}`);
    assert.equal(await statusOf(secret, "/api/calls"), 401);
    const soon = await must<{ key: { id: string }; secret: string }>(server, owner.token, "POST", "/api/keys", { name: "soon", rights: ["calls.read"], expires_at: "2999-01-01T00:00:00Z" });
    assert.equal(await statusOf(soon.secret, "/api/calls"), 200);
    await sql(server, `UPDATE api_keys SET expires_at = created_at WHERE id = ${soon.key.id}`);
    assert.equal(await statusOf(soon.secret, "/api/calls"), 401);
    assert.equal((await ask(server, "/api/keys", { method: "POST", key: owner.token, body: { name: "x", rights: ["calls.read"], expires_at: "2020-01-01T00:00:00Z" } })).status, 400);
  });

  it("F181 a flood of wrong passwords is answered 429, however the address is written, and shuts nobody else out", async () => {
    const ann = await someone();
    const answers: number[] = [];
    for (let i = 0; i < 7; i += 1) answers.push((await login(i % 2 ? ann.email : ann.email.toUpperCase(), "wrong password", "198.51.100.1")).status);
    assert.deepEqual(answers, [401, 401, 401, 401, 401, 429, 429]);
    assert.equal((await login(ann.email, ann.password, "198.51.100.1")).status, 429, "and the right one is not tried");
    assert.equal((await login(ann.email, ann.password, "198.51.100.2")).status, 200);
    assert.equal((await login(owner.email, owner.password, "198.51.100.1")).status, 200);
    const many: number[] = [];
    for (let i = 0; i < 60 && !many.includes(429); i += 1) many.push((await login(`nobody${String(i)}@first.example`, "wrong password", "198.51.100.3")).status);
    assert.ok(many.includes(429), "one address and many accounts");
    assert.equal((await login(owner.email, owner.password, "198.51.100.4")).status, 200);
  });

  it("F181 tells no one who has an account", async () => {
    const ann = await someone();
    const bob = await someone();
    const invited = await invite(server, owner, "invited@first.example", "viewer");
    await must(server, owner.token, "PATCH", `/api/users/${bob.id}`, { disabled: true });
    const words = new Set<string>();
    for (const email of [ann.email, bob.email, invited.user.email, "nobody@first.example", "no address", "a@b@c", "' OR 1=1 --", "é@first.example"]) {
      const { status, body, headers } = await login(email, "wrong password", "203.0.113.1");
      words.add(JSON.stringify([status, { ...body.error, details: null }, [...headers.keys()].filter((k) => k !== "date")]));
      if (words.size > 1) assert.fail(`${email}: ${[...words].join("\n")}`);
    }
    assert.equal((await login(bob.email, bob.password, "203.0.113.2")).status, 401);
  });

  it("F181 fifty who sign in at once take bounded memory, others are served meanwhile, the rest is told to come again", async () => {
    const ann = await someone();
    const before_ = await residentMegabytes(server);
    let most = 0, served = 0, busy = true;
    const watched = (async (): Promise<void> => {
      while (busy) {
        if ((await statusOf(owner.token, "/api/calls")) === 200) served += 1;
        most = Math.max(most, await residentMegabytes(server));
      }
    })();
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, i) => login(ann.email, ann.password, `203.0.113.${String(10 + i)}`).then(({ status }) => status)));
    busy = false;
    await watched;
    const count = (status: number): number => statuses.filter((s) => s === status).length;
    assert.equal(count(200) + count(429), 50, statuses.join(" "));
    assert.ok(count(200) >= 10 && count(429) >= 1, statuses.join(" "));
    assert.ok(served > count(200), `${String(served)} reads beside ${String(count(200))} passwords`);
    if (MEMORY_TELLS) assert.ok(most - before_ < 64 * 8 + 100, `${String(before_)} MB, then ${String(most)} MB`);
    assert.equal((await login(ann.email, ann.password, "203.0.113.99")).status, 200);
  });

  it("F181 one address that signs in as often as it can, and rightly, leaves room for the others", async () => {
    const ann = await someone();
    let tellFull = (): void => undefined;
    const full = new Promise<void>((resolve) => { tellFull = resolve; });
    const burst = Promise.all(Array.from({ length: 60 }, async () => {
      const { status } = await login(ann.email, ann.password, "203.0.113.200");
      if (status === 429) tellFull();
      return status;
    }));
    await Promise.race([full, burst]);
    assert.equal((await login(owner.email, owner.password, "203.0.113.201")).status, 200);
    assert.deepEqual([...new Set(await burst)].sort(), [200, 429]);
  });

  const skip = process.env["STORE"] !== "postgres" && "PostgreSQL only: SQLite has one writer at a time";
  const HERE = "pg_stat_activity WHERE datname = current_database()";

  /** Asks while somebody's row is held and changed, by a transaction that ends when a request waits for the row. */
  async function whileChanged<T>({ id }: Pick<Person, "id">, change: string, ask: () => Promise<T>, { lock = "UPDATE", then = "" } = {}): Promise<T> {
    const url = server.env["DATABASE_URL"] ?? "";
    const changed = psql(url, `DO $$ BEGIN PERFORM FROM users WHERE id = ${id} FOR ${lock}; ${change};
      FOR i IN 1..6000 LOOP
        PERFORM pg_stat_clear_snapshot();
        IF EXISTS (SELECT FROM ${HERE} AND wait_event_type = 'Lock' AND query ~ 'users.* WHERE ') THEN ${then} RETURN; END IF;
        PERFORM pg_sleep(0.005);
      END LOOP; RAISE 'nobody waits'; END $$`);
    const asked = until("it is being changed", async () => (await psql(url, `SELECT count(*) FROM ${HERE} AND wait_event = 'PgSleep' AND query LIKE 'DO %users%'`)) === "1" || undefined).then(ask);
    return (await Promise.all([asked, changed]))[0];
  }

  const anotherPassword = ({ id }: Person): string => `UPDATE users SET password_hash = password_hash || ' ' WHERE id = ${id}`;
  const signedOut = ({ id }: Person): string => `UPDATE user_sessions SET revoked_at = clock_timestamp() WHERE user_id = ${id}`;

  it("opens no session by a password that was changed while it was proved", { skip }, async () => {
    const ann = await someone();
    const { status } = await whileChanged(ann, anotherPassword(ann), () => login(ann.email, ann.password, "203.0.113.130"));
    assert.equal(status, 401);
    assert.deepEqual((await auditOf(server, owner.token, "limit=100")).filter(({ actor }) => actor.name === ann.email).map(({ action }) => action), ["login.failed", "invitation.accepted"]);
  });

  it("changes no password by one that was changed while it was proved, nor for who was signed out meanwhile", { skip }, async () => {
    const cases: [string, (ann: Person) => string, number][] = [
      ["another password", anotherPassword, 403],
      ["signed out", signedOut, 401],
      ["both, as by a link", (ann) => `${anotherPassword(ann)}; ${signedOut(ann)}`, 401],
    ];
    for (const [what, change, refused] of cases) {
      const ann = await someone();
      const body = { current_password: ann.password, new_password: "of who stole the session" };
      const { status } = await whileChanged(ann, change(ann), () => ask(server, "/api/me/password", { method: "POST", key: ann.token, body }));
      assert.equal(status, refused, what);
      assert.equal((await login(ann.email, body.new_password, "203.0.113.131")).status, 401, what);
    }
  });

  it("holds a person before their links, as whoever changes their password does", { skip }, async () => {
    const { user, link_token } = await invite(server, owner, "late@first.example", "viewer");
    const accepted = (): Promise<{ status: number }> => ask(server, "/auth/accept", { method: "POST", key: null, body: { token: link_token, password: "of who came by the link" } });
    const then = `UPDATE user_links SET used_at = clock_timestamp() WHERE user_id = ${user.id};`;
    assert.equal((await whileChanged(user, "PERFORM 1", accepted, { then })).status, 404);
  });

  it("shuts nobody out who has become somebody elsewhere meanwhile, nor makes anybody something meanwhile", { skip }, async () => {
    const ann = await someone();
    const elsewhere = `WITH o AS (INSERT INTO orgs (name) VALUES ('elsewhere') RETURNING id)
      INSERT INTO user_roles (user_id, org_id, role) SELECT ${ann.id}, id, 'owner' FROM o`;
    const disable = (): Promise<{ status: number }> => ask(server, `/api/users/${ann.id}`, { method: "PATCH", key: owner.token, body: { disabled: true } });
    assert.equal((await whileChanged(ann, elsewhere, disable)).status, 403);
    const grant = (): Promise<{ status: number }> => ask(server, `/api/users/${ann.id}/roles`, { method: "POST", key: owner.token, body: { role: "operator" } });
    assert.equal((await whileChanged(ann, "PERFORM 1", grant, { lock: "NO KEY UPDATE" })).status, 200);
  });

  it("lets in whose browser says of itself what is no text, and shows as much of that as is", async () => {
    for (const [said, shown] of [["Brows\xe9r", "Brows"], [Buffer.from(`x${"é".repeat(150)}`).toString("latin1"), `x${"é".repeat(99)}`]] as const) {
      const { status, body } = await ask<Tokens>(server, "/auth/login", { method: "POST", key: null, body: { email: owner.email, password: owner.password }, headers: { "User-Agent": said } });
      assert.equal(status, 200, JSON.stringify(body));
      const { sessions } = await must<{ sessions: { agent: string; is_current: boolean }[] }>(server, body.access_token, "GET", "/api/me/sessions");
      assert.equal(sessions.find(({ is_current }) => is_current)?.agent, shown);
    }
  });

  it("sets cookies that scripts cannot read, for one site alone, and Secure behind https", async () => {
    const { headers } = await login(owner.email, owner.password, "203.0.113.120");
    const cookies = headers.getSetCookie();
    assert.match(cookies.find((c) => c.startsWith("hookswitch_session=")) ?? "", /^[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    assert.match(cookies.find((c) => c.startsWith("hookswitch_refresh=")) ?? "", /^[^;]+; Path=\/auth; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const safe = await startServer({ ...OWNER, WEBHOOK_BASE_URL: "https://calls.example.com" });
    const answer = await ask(safe, "/auth/login", { method: "POST", key: null, body: { email: owner.email, password: owner.password } });
    for (const cookie of answer.headers.getSetCookie()) assert.match(cookie, /; Secure$/);
    assert.equal(answer.headers.getSetCookie().length, 2);
    await safe.remove();
  });

  it("takes no change by cookie from another site, and no refresh", async () => {
    const ann = await someone();
    const own = new URL(server.url).origin;
    const byCookie = async (method: string, path: string, origin: string | undefined, body?: unknown): Promise<number> =>
      (await ask(server, path, {
        method, key: null, ...(body !== undefined && { body }),
        headers: { Cookie: `hookswitch_session=${ann.token}; hookswitch_refresh=${ann.refresh}`, ...(origin !== undefined && { Origin: origin }) },
      })).status;
    for (const origin of [undefined, "https://evil.example", "null", `${own}.evil.example`, own.replace("127", "128"), `${own}/`]) {
      assert.equal(await byCookie("PATCH", "/api/me", origin, { theme: "dark" }), 403, `PATCH from ${String(origin)}`);
      assert.equal(await byCookie("POST", "/auth/logout", origin), 403, `POST from ${String(origin)}`);
      assert.equal(await byCookie("DELETE", "/api/me/sessions", origin), 403, `DELETE from ${String(origin)}`);
      assert.equal(await byCookie("POST", "/auth/refresh", origin), 403, `refresh from ${String(origin)}`);
    }
    assert.equal(await byCookie("GET", "/api/me", undefined), 200);
    assert.equal(await byCookie("PATCH", "/api/me", own, { theme: "dark" }), 200);
    assert.equal(await byCookie("POST", "/auth/refresh", own), 200);
  });

  it("keeps the last owner, and gives an administrator no way to make, change or become one", async () => {
    const admin = await someone("admin");
    const role = (await must<Member>(server, owner.token, "GET", `/api/users/${owner.id}`)).user.roles[0]?.id ?? "";
    const refused = async (token: string, method: string, path: string, body?: unknown): Promise<number> =>
      (await ask(server, path, { method, key: token, ...(body !== undefined && { body }) })).status;
    assert.equal(await refused(owner.token, "DELETE", `/api/users/${owner.id}/roles/${role}`), 409);
    assert.equal(await refused(owner.token, "POST", `/api/users/${owner.id}/roles`, { role: "admin" }), 409);
    assert.equal(await refused(owner.token, "PATCH", `/api/users/${owner.id}`, { disabled: true }), 409);
    for (const [method, path, body] of [
      ["POST", "/api/users", { email: "new@first.example", role: "owner" }],
      ["POST", `/api/users/${admin.id}/roles`, { role: "owner" }],
      ["POST", `/api/users/${owner.id}/roles`, { role: "viewer" }],
      ["DELETE", `/api/users/${owner.id}/roles/${role}`, undefined],
      ["PATCH", `/api/users/${owner.id}`, { disabled: true }],
      ["POST", `/api/users/${owner.id}/link`, undefined],
      ["DELETE", `/api/users/${owner.id}/sessions`, undefined],
      ["POST", "/projects", { name: "of an administrator" }],
    ] as const) assert.equal(await refused(admin.token, method, path, body), 403, `${method} ${path}`);
    assert.equal(await statusOf(owner.token), 200);
    // Two owners who take each other's role at once: one of them stays.
    const first = await found(server, "Of two", "one@two.example");
    const second = await employ(server, first, "two@two.example", "owner");
    const roleOf = async (id: string): Promise<string> => (await must<Member>(server, first.token, "GET", `/api/users/${id}`)).user.roles[0]?.id ?? "";
    const roles = [await roleOf(first.id), await roleOf(second.id)];
    const both = await Promise.all([
      refused(first.token, "DELETE", `/api/users/${second.id}/roles/${roles[1] ?? ""}`),
      refused(second.token, "DELETE", `/api/users/${first.id}/roles/${roles[0] ?? ""}`),
    ]);
    assert.equal(both.filter((status) => status === 204).length, 1, both.join(" "));
    const left = both[0] === 204 ? first : second;
    assert.equal(await refused(left.token, "DELETE", `/api/users/${left.id}/roles/${(both[0] === 204 ? roles[0] : roles[1]) ?? ""}`), 409);
  });

  it("lets who runs one project reach no further", async () => {
    const project = (await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Theirs" })).id;
    const lead = await someone("admin", project);
    const all = await someone("viewer");
    const at = async (method: string, path: string, body?: unknown): Promise<number> => (await ask(server, path, { method, key: lead.token, ...(body !== undefined && { body }) })).status;
    assert.equal(await at("POST", "/api/users", { email: "x1@first.example", role: "viewer" }), 403, "for the whole organisation");
    assert.equal(await at("POST", `/api/users/${lead.id}/roles`, { role: "admin" }), 403);
    assert.equal(await at("PATCH", `/api/users/${all.id}`, { disabled: true }), 403);
    assert.equal(await at("POST", `/api/users/${all.id}/link`), 403);
    assert.equal(await at("POST", `/api/users/${all.id}/roles`, { role: "owner", project_id: project }), 403);
    assert.equal(await at("POST", "/projects", { name: "x" }), 403);
    assert.equal(await at("POST", "/api/users", { email: "x2@first.example", role: "viewer", project_id: project }), 201);
  });

  it("takes a link once, for what it was made for, and not after its time", async () => {
    const use = async (token: string): Promise<number> => (await ask(server, "/auth/accept", { method: "POST", key: null, body: { token, password: "a good password" } })).status;
    const show = async (token: string): Promise<number> => (await ask(server, "/auth/link", { method: "POST", key: null, body: { token } })).status;
    const first = (await invite(server, owner, "linked@first.example", "viewer"));
    assert.equal(await show(first.link_token ?? ""), 200);
    assert.equal((await fetch(`${server.url}/login?token=${first.link_token ?? ""}`, { redirect: "manual" })).status, 401, "an invitation does not sign in without a password");
    assert.equal(await use(first.link_token ?? ""), 200);
    assert.deepEqual([await use(first.link_token ?? ""), await show(first.link_token ?? "")], [404, 404]);
    const again = await must<Member>(server, owner.token, "POST", `/api/users/${first.user.id}/link`);
    const newer = await must<Member>(server, owner.token, "POST", `/api/users/${first.user.id}/link`);
    assert.equal(await use(again.link_token ?? ""), 404, "a newer one ends it");
    await sql(server, `UPDATE user_links SET expires_at = created_at WHERE used_at IS NULL AND user_id = ${first.user.id}`);
    assert.equal(await use(newer.link_token ?? ""), 404, "expired");
    const sign = (await tool(server, "login-link")).output.trim().split("token=").at(-1) ?? "";
    assert.deepEqual([await show(sign), await use(sign)], [404, 404], "a link to sign in sets no password");
    assert.equal((await fetch(`${server.url}/login?token=${sign}`, { redirect: "manual" })).status, 303);
    for (const token of ["", "x", "' OR 1=1 --", "A".repeat(43)]) assert.ok([400, 404].includes(await use(token)), token);
    const reset = (await tool(server, "user", "reset", "linked@first.example")).output.trim();
    const again_ = await accept(server, reset, "linked@first.example", "yet another password");
    assert.equal(await statusOf(again_.token), 200);
  });

  it("keeps people of another organisation apart, and who belongs to both in the hands of neither", async () => {
    const other = await found(server, "Elsewhere", "owner@elsewhere.example");
    const ann = await someone();
    const joined = await invite(server, other, ann.email, "viewer");
    await accept(server, joined.link_token ?? "", ann.email);
    for (const [method, path, body] of [["POST", "link", undefined], ["DELETE", "sessions", undefined], ["PATCH", "", { disabled: true }]] as const) {
      const { status } = await ask(server, `/api/users/${ann.id}${path && "/"}${path}`, { method, key: other.token, ...(body !== undefined && { body }) });
      assert.equal(status, 403, `${method} ${path}`);
    }
    const { user } = await must<Member>(server, other.token, "GET", `/api/users/${ann.id}`);
    assert.equal(user.roles.length, 1, "only the roles here");
    assert.equal(await statusOf(ann.token, "/api/calls"), 200);
  });

  type Operation = { requestBody?: { content?: { "application/json"?: { schema: { $ref: string } } } }; parameters?: { $ref?: string; name: string; in: string; schema?: { type?: string } }[] };
  const NASTY = ["' OR '1'='1", "'; DROP TABLE users; --", "%", "_", "%_%", "\\", "\\'", "\u0000", "a\u0000b", "\r\nX-Injected: 1", "\u2028", "💥".repeat(40), `"},{"a":"`, "=1+1", "${1}", "{{1}}", "../../etc/passwd", "<script>alert(1)</script>"];
  const BODIES: Record<string, Record<string, unknown>> = {
    "POST /auth/login": { email: "a@b.example", password: "x" },
    "POST /auth/refresh": { refresh_token: "x" },
    "POST /auth/link": { token: "x" },
    "POST /auth/accept": { token: "x", password: "a good password" },
    "PATCH /api/me": { name: "Owner" },
    "POST /api/me/password": { new_password: "short" },
    "POST /api/me/project": { project_id: "999" },
    "POST /projects": { name: "One" },
    "POST /api/users": { email: "injected@first.example", role: "viewer" },
    "PATCH /api/users/{id}": { disabled: false },
    "POST /api/users/{id}/roles": { role: "viewer" },
    "POST /api/keys": { name: "k", rights: ["calls.read"] },
    "PATCH /api/settings": { time_zone: "UTC" },
    "PATCH /api/quotas": { name: "realtime_clients_max", value: 100 },
    "PATCH /api/flags": { worker_percentage: "100" },
    "PATCH /api/flags/installation": { worker_percentage: "100" },
    "PUT /api/connections/{provider}/{account}": { secret: "a secret of the provider" },
    "POST /api/exports": { kind: "calls", rows: 1 },
    "POST /api/events/reprocess": { ids: ["1"] },
  };
  const withBody = (): { route: string; method: string; path: string; fields: string[] }[] =>
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations as unknown as Record<string, Operation>).flatMap(([method, operation]) => {
        const schema = operation.requestBody?.content?.["application/json"]?.schema.$ref.split("/").at(-1);
        if (schema === undefined) return [];
        const { properties = {} } = document.components.schemas[schema] as { properties?: Record<string, unknown> };
        return [{ route: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path: path.replace("{id}", "999").replace("{provider}", "twilio").replace("{account}", "AC1"), fields: Object.keys(properties) }];
      }),
    );
  const send = (method: string, path: string, body: unknown, address = "203.0.113.200"): Promise<{ status: number; body: Fault | null; headers: Headers }> =>
    ask<Fault | null>(server, path, { method, key: path.startsWith("/auth") ? null : owner.token, body, headers: { "X-Forwarded-For": address } });

  it("F183 refuses every field that a body does not have, by its name", async () => {
    assert.deepEqual(withBody().map(({ route }) => route).sort(), Object.keys(BODIES).sort(), "an entry for every body");
    const forbidden = { id: "1", project_id: "1", org_id: "1", user_id: "1", role: "owner", is_final: true, created_at: "2020-01-01T00:00:00Z", password_hash: "x", disabled_at: null, __proto__x: 1, "x'; --": 1 };
    for (const { route, method, path, fields } of withBody())
      for (const [name, value] of Object.entries(forbidden)) {
        if (fields.includes(name)) continue;
        const { status, body } = await send(method, path, { ...BODIES[route], [name]: value });
        assert.equal(status, 400, `${route} ${name}`);
        assert.ok(JSON.stringify(body).includes(JSON.stringify(name).slice(1, -1)), `${route} ${name}: ${JSON.stringify(body)}`);
      }
  });

  it("F184 takes SQL, wildcards, zero bytes and other types in every field of every body for what they are", async () => {
    let address = 0;
    for (const { route, method, path, fields } of withBody())
      for (const field of fields)
        for (const value of [...NASTY, "\ud800", 0, -1, 1e400, true, null, [], {}, [[]], ["x"], { a: { b: "c" } }, "9".repeat(400)]) {
          address += 1;
          const { status, headers } = await send(method, path, { ...BODIES[route], [field]: value }, `10.1.${String(address >> 8)}.${String(address & 255)}`);
          assert.ok(status < 500, `${route} ${field}=${JSON.stringify(value)}: ${String(status)}`);
          assert.equal(headers.get("x-injected"), null);
        }
    for (const { route, method, path } of withBody())
      for (const body of ["null", "[]", "0", '"x"', "true", "{", "", '{"filter":[]}', '{"filter":null,"ids":null}', '{"ids":{}}', "[[]]"]) {
        const { status } = await send(method, path, body);
        assert.ok(status >= 400 && status < 500, `${route} ${body}: ${String(status)}`);
      }
    await must(server, owner.token, "GET", "/api/users");
  });

  it("F184 and in every parameter of every list, where a wildcard finds nothing more", async () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const operation = operations["get"] as unknown as Operation | undefined;
      if (!operation || path === "/events/calls" || path === "/login") continue;
      for (const { name, in: place } of operation.parameters ?? [])
        for (const value of place === "query" ? NASTY : []) {
          const at = `${path.replaceAll(/\{\w+\}/g, "1")}?${name}=${encodeURIComponent(value)}`;
          const { status, headers } = await ask(server, at, { key: owner.token });
          assert.ok(status < 500, `${at}: ${String(status)}`);
          assert.equal(headers.get("x-injected"), null);
        }
      if (path.includes("{"))
        for (const value of NASTY) {
          const at = path.replaceAll(/\{\w+\}/g, encodeURIComponent(value));
          const { status } = await ask(server, at, { key: owner.token });
          assert.ok(status === 404 || status === 400, `${at}: ${String(status)}`);
        }
    }
    for (const q of ["%", "_", "%%", "\\"]) assert.equal((await must<{ total: number }>(server, owner.token, "GET", `/api/conversations?q=${encodeURIComponent(q)}`)).total, 0, q);
    await settled(server);
  });

  it("F186 puts nothing that was given into a header, and shows names as they were given", async () => {
    const name = `=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>`;
    const { actor } = await must<{ actor: { name: string } }>(server, owner.token, "PATCH", "/api/me", { name });
    assert.equal(actor.name, name);
    const answer = await fetch(`${server.url}/login?token=%0d%0aSet-Cookie:%20x=1`, { redirect: "manual", headers: { Accept: "text/html" } });
    assert.deepEqual([answer.status, answer.headers.getSetCookie()], [303, []]);
    const shown = await fetch(`${server.url}/api/me`, { headers: { Authorization: `Bearer ${owner.token}` } });
    assert.match(shown.headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(shown.headers.get("x-content-type-options"), "nosniff");
  });

  it("logs none of the secrets that were used here", () => {
    for (const secret of [owner.token, owner.refresh, owner.password, passwordOf("person1@first.example"), API_KEY, MASTER_KEY])
      assert.ok(!server.output().includes(secret), secret.slice(0, 12));
  });
});
