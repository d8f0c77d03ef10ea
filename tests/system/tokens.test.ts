// Access tokens, judged and attacked by jose, the JWT library of the JavaScript world.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { base64url, CompactEncrypt, exportJWK, exportSPKI, generateKeyPair, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { ask } from "../lib/api.ts";
import { employ, OWNER, type Person, signIn } from "../lib/company.ts";
import { MASTER_KEY, type Server, startServer } from "../lib/server.ts";

const KEY = new Uint8Array(createHmac("sha256", MASTER_KEY).update("hookswitch access tokens").digest());
const OF_OURS = { algorithms: ["HS256"], issuer: "hookswitch", requiredClaims: ["sub", "sid", "iat", "exp"] };

describe("F180 access tokens and jose", () => {
  let server: Server;
  let owner: Person;
  let claims: { sub: string; sid: string; iss: string };
  before(async () => {
    server = await startServer(OWNER);
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    const { payload } = await jwtVerify(owner.token, KEY, OF_OURS);
    claims = { sub: payload.sub ?? "", sid: String(payload["sid"]), iss: payload.iss ?? "" };
  });
  after(() => server.remove());

  const status = async (token: string): Promise<number> => (await ask(server, "/api/me", { key: token })).status;
  const made = (header: Record<string, unknown> = {}, more: Record<string, unknown> = {}): SignJWT =>
    new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: "HS256", ...header }).setIssuedAt().setExpirationTime("5m");

  it("are what a library takes for sound: algorithm, issuer, times, and ten minutes", async () => {
    const { payload, protectedHeader } = await jwtVerify(owner.token, KEY, OF_OURS);
    assert.deepEqual(protectedHeader, { alg: "HS256", typ: "JWT" });
    assert.equal(Number(payload.exp) - Number(payload.iat), 600);
    assert.deepEqual(Object.keys(payload).sort(), ["exp", "iat", "iss", "sid", "sub"]);
    await assert.rejects(jwtVerify(owner.token, new Uint8Array(Buffer.from(MASTER_KEY))));
  });

  it("are taken from a library that has the key", async () => {
    assert.equal(await status(await made().sign(KEY)), 200);
    assert.equal(await status(await made({ typ: "JWT" }).sign(KEY)), 200);
  });

  it("without an algorithm are none", async () => {
    const unsecured = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime("5m").encode();
    assert.equal(await status(unsecured), 401);
    assert.equal(await status(unsecured + "AAAA"), 401);
  });

  it("of another HMAC than ours are none, the key may be the right one", async () => {
    for (const alg of ["HS384", "HS512"]) assert.equal(await status(await made({ alg }).sign(new Uint8Array(Buffer.concat([KEY, KEY])))), 401, alg);
    for (const [alg, hash] of [["HS384", "sha384"], ["HS512", "sha512"]] as const) {
      const text = (await made().sign(KEY)).split(".").slice(1, 2).map((claims_) => `${base64url.encode(JSON.stringify({ alg, typ: "JWT" }))}.${claims_}`).join("");
      assert.equal(await status(`${text}.${createHmac(hash, KEY).update(text).digest("base64url")}`), 401, alg);
    }
  });

  it("of a public key are none, whatever they bring with them", async () => {
    for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const jwk = await exportJWK(publicKey);
      assert.equal(await status(await made({ alg, jwk }).sign(privateKey)), 401, alg);
      // The public key as the secret of an HMAC.
      const asSecret = new TextEncoder().encode(await exportSPKI(publicKey));
      assert.equal(await status(await made({ jwk }).sign(asSecret)), 401, `${alg} as HS256`);
    }
  });

  it("choose no key by a header", async () => {
    const theirs = new TextEncoder().encode("a key of the attacker, long enough for HS256");
    const own = { kty: "oct", k: base64url.encode(theirs) };
    for (const header of [
      { kid: "../../../../dev/null" },
      { kid: "' UNION SELECT 'x" },
      { jwk: own },
      { jku: "http://127.0.0.1:1/keys" },
      { x5u: "http://127.0.0.1:1/key.pem" },
    ])
      assert.equal(await status(await made(header).sign(theirs)), 401, JSON.stringify(header));
    assert.equal(await status(await made({ kid: "any" }).sign(KEY)), 200, "a name of a key changes nothing");
  });

  it("that have expired, or are of another issuer or session, are none", async () => {
    assert.equal(await status(await made().setExpirationTime("-1s").sign(KEY)), 401);
    assert.equal(await status(await made().setIssuer("hookswitch.example").sign(KEY)), 401);
    assert.equal(await status(await made({}, { sid: "none" }).sign(KEY)), 401);
    assert.equal(await status(await made({}, { sub: "999999" }).sign(KEY)), 401);
  });

  it("that are encrypted are none", async () => {
    const sealed = await new CompactEncrypt(new TextEncoder().encode(owner.token)).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(KEY);
    assert.equal(await status(sealed), 401);
  });
});

describe("an API key", () => {
  it("has no right that who made it does not have", async (t) => {
    const server = await startServer(OWNER);
    t.after(() => server.remove());
    const developer = await employ(server, await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL), "dan@first.example", "developer");
    const make = async (...rights: string[]): Promise<{ status: number; secret: string }> => {
      const { status, body } = await ask<{ secret: string }>(server, "/api/keys", { method: "POST", key: developer.token, body: { name: "k", rights } });
      return { status, secret: body.secret };
    };
    for (const beyond of ["settings.manage", "audit.read", "recordings.read", "calls.export"]) assert.equal((await make("calls.read", beyond)).status, 403, beyond);
    const { status, secret } = await make("calls.read");
    assert.equal(status, 201);
    assert.equal((await ask(server, "/api/calls", { key: secret })).status, 200);
    assert.equal((await ask(server, "/api/events", { key: secret })).status, 403);
  });
});

describe("who came by the link of a start", () => {
  it("is there, and has no password", async (t) => {
    const server = await startServer();
    t.after(() => server.remove());
    type Users = { users: { status: string; has_password: boolean }[] };
    const owner = async (headers: Record<string, string>): Promise<Users["users"]> => (await ask<Users>(server, "/api/users", { key: null, headers })).body.users;
    const answer = await fetch(server.loginLink, { redirect: "manual" });
    const Cookie = answer.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
    const [{ status, has_password } = assert.fail()] = await owner({ Cookie });
    assert.deepEqual([status, has_password], ["active", false]);
  });
});
