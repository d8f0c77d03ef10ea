// /realtime/stream by both protocols: the same events, by topics, from any place, and only for who may.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { ask, type Fault, type FeedPage, get } from "../lib/api.ts";
import { accept, employ, type Me, type Member, must, OWNER, type Person, signIn } from "../lib/company.ts";
import { ended, type Run, start } from "../lib/jobs.ts";
import { Proxy } from "../lib/proxy.ts";
import { converse, portOf } from "../lib/raw.ts";
import { type Kind, Realtime } from "../lib/realtime.ts";
import { API_KEY, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const KINDS: Kind[] = ["sse", "ws"];
const COLLEAGUE = "the-api-key-of-a-colleague";
const NEIGHBOUR = "the-api-key-of-the-neighbours";

async function someCalls(server: Server, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    const call = new FakeCall(server, `+1508514${String(1000 + i)}`);
    await call.arrives();
    await call.status("in-progress");
    await call.status("completed", { CallDuration: "3" });
  }
  await settled(server);
}

async function page(server: Server, from = 0): Promise<FeedPage> {
  return get<FeedPage>(server, `/api/events?after_seq=${String(from)}&limit=1000`);
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function assertDense(seqs: number[], from: number): void {
  assert.deepEqual(seqs, seqs.map((_, i) => from + i));
}

describe("events, live", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
    await sql(
      server,
      `INSERT INTO api_keys (project_id, name, key_hash) SELECT min(id), 'colleague', '${hash(COLLEAGUE)}' FROM projects;
       INSERT INTO projects (org_id, name) SELECT id, 'neighbours' FROM orgs;
       INSERT INTO feed_heads (project_id, last_seq, epoch) SELECT max(id), 0, 'theirs' FROM projects;
       INSERT INTO api_keys (project_id, name, key_hash) SELECT max(id), 'neighbour', '${hash(NEIGHBOUR)}' FROM projects;`,
    );
    await someCalls(server, 3);
  });
  after(() => server.remove());

  for (const kind of KINDS) {
    it(`agree with the pages of the feed (${kind})`, async () => {
      const stream = await Realtime.open(server, kind, { query: "?last_seq=0" });
      const { events, last_seq, epoch } = await page(server);
      await stream.reaches(last_seq);
      const [hello, ...told] = stream.messages;
      assert.deepEqual({ type: hello?.type, last_seq: hello?.["last_seq"], epoch: hello?.epoch }, { type: "feed.connected", last_seq, epoch });
      assert.deepEqual(told, events);
      stream.close();
    });

    it(`come as they happen (${kind})`, async () => {
      const stream = await Realtime.open(server, kind);
      const { last_seq } = await page(server);
      await someCalls(server, 1);
      await stream.reaches(last_seq + 3);
      assertDense(stream.seqs(), last_seq + 1);
      stream.close();
    });

    it(`come by topics, and the place is told all the same (${kind})`, async () => {
      const stream = await Realtime.open(server, kind, { query: "?topics=call.ended,recording.*&last_seq=0" });
      const call = new FakeCall(server, "+15085140321");
      await call.arrives();
      await call.recorded();
      await settled(server);
      const { events } = await page(server);
      const wanted = events.filter(({ type }) => ["call.ended", "recording.ready"].includes(type));
      await stream.reaches(wanted.at(-1)?.seq ?? 0);
      assert.deepEqual(stream.seqs(), wanted.map(({ seq }) => seq));
      assert.deepEqual(stream.types().sort(), ["call.ended", "recording.ready"]);

      const deaf = await Realtime.open(server, kind, { query: "?topics=budget.*&last_seq=0" });
      for (let i = 0; i < 90; i++) await new FakeCall(server, `+1508515${String(1000 + i)}`).arrives();
      await someCalls(server, 60);
      const place = await until("the place is told far on", () => // and before, where a keepalive was due
        deaf.messages.find(({ type, seq }) => type === "feed.position" && seq !== undefined && seq >= 256));
      assert.deepEqual(deaf.seqs(), []);
      const later = await Realtime.open(server, kind, { query: `?last_seq=${String(place.seq)}&epoch=${String(place.epoch)}` });
      await later.reaches((await page(server)).last_seq);
      assertDense(later.seqs(), (place.seq ?? 0) + 1);
      for (const each of [stream, deaf, later]) each.close();
    });

    it(`go on where a client was cut off in the middle (${kind})`, async () => {
      const proxy = await Proxy.open({ host: "127.0.0.1", port: portOf(server) });
      const { last_seq: start } = await page(server);
      const struck = proxy.strike({ after: 20_000, on: "/realtime/stream", how: "cut" });
      const cut = await Realtime.open(server, kind, { query: `?last_seq=${String(start)}`, port: proxy.port });
      await someCalls(server, 20);
      await struck;
      await cut.end();
      const seen = cut.seqs();
      assert.ok(seen.length > 0 && seen.length < 60);
      const { epoch, last_seq } = await page(server);
      const later = await Realtime.open(server, kind, { query: `?last_seq=${String(seen.at(-1))}&epoch=${epoch}`, port: proxy.port });
      await later.reaches(last_seq);
      assertDense([...seen, ...later.seqs()], start + 1);
      later.close();
      await proxy.close();
    });

    it(`begin anew for a client of another history, or from the future (${kind})`, async () => {
      for (const [query, reason] of [["?last_seq=1000000", "ahead"], ["?last_seq=1&epoch=another", "epoch_changed"]] as const) {
        const stream = await Realtime.open(server, kind, { query });
        assert.equal((await stream.first("feed.resync"))["reason"], reason);
        stream.close();
      }
    });

    it(`are for their project alone (${kind})`, async () => {
      const theirs = await Realtime.open(server, kind, { query: "?last_seq=0", key: NEIGHBOUR });
      const ours = await Realtime.open(server, kind);
      const { last_seq } = await page(server);
      await someCalls(server, 2);
      await ours.reaches(last_seq + 6);
      const hello = await theirs.first("feed.connected");
      assert.deepEqual([hello.epoch, hello["last_seq"]], ["theirs", 0]);
      assert.equal(theirs.messages.length, 1);
      theirs.close();
      ours.close();
    });

    it(`are for nobody without a key (${kind})`, async () => {
      for (const key of [null, "wrong"])
        await assert.rejects(Realtime.open(server, kind, { key }), /stream: 401/);
      await assert.rejects(Realtime.open(server, kind, { query: "?topics=nope.*" }), /stream: 400/);
      await assert.rejects(Realtime.open(server, kind, { query: "?last_seq=x" }), /stream: 400/);
    });
  }

  it("go on in a browser by Last-Event-ID, which names the history too", async () => {
    const { epoch, last_seq } = await page(server);
    const same = await Realtime.open(server, "sse", { headers: { "Last-Event-ID": `${epoch}:${String(last_seq - 2)}` } });
    await same.reaches(last_seq);
    assert.deepEqual(same.seqs(), [last_seq - 1, last_seq]);
    const other = await Realtime.open(server, "sse", { headers: { "Last-Event-ID": "another:1" } });
    assert.equal((await other.first("feed.resync"))["reason"], "epoch_changed");
    same.close();
    other.close();
  });

  it("are subscribed to by messages, again and again (ws)", async () => {
    const { last_seq, epoch } = await page(server);
    const socket = await Realtime.open(server, "ws", { query: "?topics=budget.*" });
    socket.say({ type: "subscribe", topics: ["call.*"], last_seq: last_seq - 1, epoch });
    const first = await socket.first("feed.subscribed");
    assert.deepEqual([first["topics"], first.seq], [["call.started", "call.state_changed", "call.ended"], last_seq - 1]);
    await socket.reaches(last_seq);
    assert.deepEqual(socket.seqs(), [last_seq]);
    const before_ = socket.messages.length;
    socket.say({ type: "subscribe", topics: ["call.ended"] });
    assert.equal((await socket.first("feed.subscribed", before_)).seq, last_seq);
    await someCalls(server, 1);
    await socket.reaches(last_seq + 3);
    assert.deepEqual(socket.seqs(), [last_seq, last_seq + 3]);
    socket.close();
  });

  it("say what they did not understand, and then that it is enough (ws)", async () => {
    const socket = await Realtime.open(server, "ws", { headers: { "Accept-Language": "ru" } });
    for (const message of ["hello", { type: "subscribe", topics: ["nope"] }, { type: "unsubscribe" }]) {
      const before_ = socket.messages.length;
      socket.say(message);
      const { error } = (await socket.first("feed.error", before_)) as unknown as Fault;
      assert.equal(error.code, "INVALID_REQUEST");
      assert.match(error.human_title, /[а-я]/);
    }
    assert.equal((await socket.end()).code, 1008);
  });

  for (const [name, message, code] of [
    ["not text", Buffer.from([1, 2, 3]), 1003],
    ["too large", "x".repeat(17_000), 1009],
  ] as const)
    it(`are not for messages that are ${name} (ws)`, async () => {
      const socket = await Realtime.open(server, "ws");
      if (typeof message === "string") socket.say(message);
      else socket.sayBytes(message);
      assert.equal((await socket.end()).code, code);
    });

  it("end for a key that is revoked, with a reason, and for no other", async () => {
    const revoked = await Promise.all(KINDS.map((kind) => Realtime.open(server, kind, { key: COLLEAGUE })));
    const calls = await Stream.open(server, "", { Authorization: `Bearer ${COLLEAGUE}` });
    const kept = await Promise.all(KINDS.map((kind) => Realtime.open(server, kind)));
    await sql(server, `UPDATE api_keys SET revoked_at = created_at WHERE key_hash = '${hash(COLLEAGUE)}'`);
    for (const stream of revoked) assert.equal((await stream.first("feed.ended"))["reason"], "revoked");
    assert.equal((await calls.first("ended")).data.data["reason"], "revoked");
    assert.deepEqual(await Promise.all(revoked.map(async (stream) => (await stream.end()).code)), [0, 1008]);
    await until("the stream of calls ends", () => (calls.ended ? true : undefined));
    const { last_seq } = await page(server);
    await someCalls(server, 1);
    for (const stream of kept) {
      await stream.reaches(last_seq + 3);
      stream.close();
    }
    await assert.rejects(Realtime.open(server, "ws", { key: COLLEAGUE }), /stream: 401/);
  });

  for (const [what, change] of [
    ["has lost the right", "rights = 'health.read'"],
    ["has expired", "expires_at = created_at"],
  ] as const)
    it(`end for a key that ${what}`, async () => {
      const secret = `the-api-key-that-${what.replaceAll(" ", "-")}`;
      await sql(server, `INSERT INTO api_keys (project_id, name, key_hash) SELECT min(id), 'one more', '${hash(secret)}' FROM projects`);
      const streams = await Promise.all(KINDS.map((kind) => Realtime.open(server, kind, { key: secret })));
      await sql(server, `UPDATE api_keys SET ${change} WHERE key_hash = '${hash(secret)}'`);
      for (const stream of streams) {
        assert.equal((await stream.first("feed.ended"))["reason"], "revoked");
        await stream.end();
      }
    });

  it("end for a session that is signed out", async () => {
    const answer = await fetch(server.loginLink, { redirect: "manual" });
    const headers = { Cookie: answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; "), Origin: server.url };
    const streams = await Promise.all(KINDS.map((kind) => Realtime.open(server, kind, { key: null, headers })));
    for (const stream of streams) await stream.first("feed.connected");
    assert.ok((await fetch(`${server.url}/auth/logout`, { method: "POST", headers })).ok);
    for (const stream of streams) {
      assert.equal((await stream.first("feed.ended"))["reason"], "revoked");
      await stream.end();
    }
  });

  it("end with the server", async () => {
    const [stream, socket] = await Promise.all(KINDS.map((kind) => Realtime.open(server, kind)));
    await server.stop();
    assert.equal((await stream?.end())?.code, 0);
    assert.equal((await socket?.end())?.code, 1001);
    await server.start();
  });
});

describe("how far runs of jobs are", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ RECONCILE_JOBS_ENABLED: "false" });
    await sql(
      server,
      `INSERT INTO api_keys (project_id, name, key_hash, rights) SELECT min(id), 'calls', '${hash(COLLEAGUE)}', 'calls.read' FROM projects;
       INSERT INTO projects (org_id, name) SELECT id, 'neighbours' FROM orgs;
       INSERT INTO feed_heads (project_id, last_seq, epoch) SELECT max(id), 0, 'theirs' FROM projects;
       INSERT INTO api_keys (project_id, name, key_hash) SELECT max(id), 'neighbour', '${hash(NEIGHBOUR)}' FROM projects;`,
    );
  });
  after(() => server.remove());

  const runs = ({ messages }: Realtime): Run[] => messages.flatMap((message) => (message.type === "job.progress" ? (message["runs"] as Run[]) : []));

  for (const kind of KINDS)
    it(`is told to who asks, of their own project, until a run has ended (${kind})`, async () => {
      const [ours, theirs] = [await Realtime.open(server, kind, { query: "?topics=job.*" }), await Realtime.open(server, kind, { query: "?topics=job.progress", key: NEIGHBOUR })];
      const run = await ended(server, await start(server, "freeze"));
      await until("it is told that it ended", () => runs(ours).find(({ id, state }) => id === run.id && state === run.state));
      await until("the neighbours are told of theirs", () => theirs.messages.find(({ type }) => type === "job.progress"));
      assert.deepEqual(runs(ours).find(({ id, state }) => id === run.id && state === run.state), run);
      assert.equal(runs(theirs).find(({ id }) => id === run.id), undefined);
      assert.deepEqual([ours.seqs(), theirs.seqs()], [[], []]);
      const later = await Realtime.open(server, kind, { query: "?topics=job.*" });
      await until("who comes later is told too", () => runs(later).find(({ id, state }) => id === run.id && state === run.state));
      for (const stream of [ours, theirs, later]) stream.close();
    });

  it("is not for who may see calls alone", async () => {
    for (const kind of KINDS) {
      await assert.rejects(Realtime.open(server, kind, { query: "?topics=job.*", key: COLLEAGUE }), /stream: 403/);
      (await Realtime.open(server, kind, { query: "?topics=call.*", key: COLLEAGUE })).close();
    }
    const socket = await Realtime.open(server, "ws", { key: COLLEAGUE });
    socket.say({ type: "subscribe", topics: ["job.progress"] });
    assert.equal(((await socket.first("feed.error")) as unknown as Fault).error.code, "FORBIDDEN");
    socket.close();
  });
});

describe("a token in the URL", () => {
  let server: Server, token: string;
  before(async () => {
    server = await startServer();
    await someCalls(server, 1);
    const given = await get<{ token: string; expires_at: string }>(server, "/realtime/token");
    token = given.token;
    const left = Date.parse(given.expires_at) - Date.now();
    assert.ok(left > 0 && left <= 60_000);
  });
  after(() => server.remove());

  for (const kind of KINDS)
    it(`opens a stream, also from another site (${kind})`, async () => {
      const query = `?token=${token}&last_seq=0`;
      const stream = await Realtime.open(server, kind, { query, key: null, headers: { Origin: "https://elsewhere.example" } });
      await stream.reaches(3);
      stream.close();
    });

  it("opens the stream of calls", async () => {
    const stream = await Stream.open(server, `?token=${token}&last_seq=0`, { Authorization: "" });
    await stream.reaches(3);
    stream.close();
  });

  it("opens nothing else, and does not become another token", async () => {
    for (const path of ["/api/events?after_seq=0", "/api/me", "/realtime/token", "/events/stats"])
      assert.equal((await ask(server, `${path}${path.includes("?") ? "&" : "?"}token=${token}`, { key: null })).status, 401);
    assert.equal((await ask(server, "/api/me", { key: token })).status, 401);
  });

  it("is one to the letter, whatever else proves the asker", async () => {
    for (const bent of [`${token}x`, token.slice(0, -1), token.replace(".1.", ".2."), "x"])
      for (const kind of KINDS) await assert.rejects(Realtime.open(server, kind, { query: `?token=${bent}` }), /stream: 401/);
  });

  it("stands in no line of the log", () => {
    assert.ok(!server.output().includes(token));
  });

  it("ends with the key that it was given for, and so do its streams", async () => {
    await sql(server, `INSERT INTO api_keys (project_id, name, key_hash) SELECT min(id), 'colleague', '${hash(COLLEAGUE)}' FROM projects`);
    const { body } = await ask<{ token: string }>(server, "/realtime/token", { key: COLLEAGUE });
    const stream = await Realtime.open(server, "ws", { query: `?token=${body.token}`, key: null });
    await sql(server, `UPDATE api_keys SET revoked_at = created_at WHERE key_hash = '${hash(COLLEAGUE)}'`);
    await assert.rejects(Realtime.open(server, "ws", { query: `?token=${body.token}`, key: null }), /stream: 401/);
    assert.equal((await stream.first("feed.ended"))["reason"], "revoked");
    assert.equal((await stream.end()).code, 1008);
  });
});

describe("whoever may no longer watch", () => {
  let server: Server;
  let owner: Person;
  let project = "";
  let n = 0;
  before(async () => {
    server = await startServer(OWNER);
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    project = (await must<Me>(server, owner.token, "GET", "/api/me")).project?.id ?? "";
  });
  after(() => server.remove());

  /** How a person's sight is taken, by those who may. */
  const TAKEN: Record<string, (who: Person) => Promise<unknown>> = {
    "whose role is taken away": async ({ id }) => {
      const { user } = await must<Member>(server, owner.token, "GET", `/api/users/${id}`);
      for (const role of user.roles) await must(server, owner.token, "DELETE", `/api/users/${id}/roles/${role.id}`);
    },
    "who is shut out": ({ id }) => must(server, owner.token, "PATCH", `/api/users/${id}`, { disabled: true }),
    "whose sessions are ended": ({ id }) => must(server, owner.token, "DELETE", `/api/users/${id}/sessions`),
    "who ends the session from another": async ({ email, token }) => {
      const elsewhere = await signIn(server, email);
      const { sessions } = await must<{ sessions: { id: string; is_current: boolean }[] }>(server, token, "GET", "/api/me/sessions");
      await must(server, elsewhere.token, "DELETE", `/api/me/sessions/${sessions.find(({ is_current }) => is_current)?.id ?? ""}`);
    },
    "whose password is set anew by a link": async ({ id, email }) => {
      const { link_token } = await must<Member>(server, owner.token, "POST", `/api/users/${id}/link`);
      await accept(server, link_token ?? "", email);
    },
  };

  /** All that one can watch by, with one's bearer and with a token for a stream. */
  async function watch(bearer: string): Promise<{ streams: Realtime[]; calls: Stream }> {
    const { token } = await must<{ token: string }>(server, bearer, "GET", "/realtime/token", undefined, project);
    const streams = await Promise.all(KINDS.flatMap((kind) => [
      Realtime.open(server, kind, { key: bearer, headers: { "X-Project-Id": project } }),
      Realtime.open(server, kind, { key: null, query: `?token=${token}` }),
    ]));
    for (const stream of streams) await stream.first("feed.connected");
    return { streams, calls: await Stream.open(server, "", { Authorization: `Bearer ${bearer}`, "X-Project-Id": project }) };
  }

  async function assertEnded({ streams, calls }: { streams: Realtime[]; calls: Stream }): Promise<void> {
    for (const stream of streams) assert.equal((await stream.first("feed.ended"))["reason"], "revoked");
    assert.equal((await calls.first("ended")).data.data["reason"], "revoked");
    assert.deepEqual(await Promise.all(streams.map(async (stream) => (await stream.end()).code)), [0, 0, 1008, 1008]);
    await until("the stream of calls ends", () => (calls.ended ? true : undefined));
  }

  for (const [what, take] of Object.entries(TAKEN))
    it(`${what} sees no more, at once, and nobody else is cut off`, async () => {
      const [one, other] = [await employ(server, owner, `one${String((n += 1))}@first.example`, "viewer", project), await employ(server, owner, `other${String(n)}@first.example`, "viewer", project)];
      const [lost, kept] = [await watch(one.token), await watch(other.token)];
      await take(one);
      await assertEnded(lost);
      for (const kind of KINDS) await assert.rejects(Realtime.open(server, kind, { key: one.token, headers: { "X-Project-Id": project } }), /stream: 40[134] /);
      const { last_seq } = await must<FeedPage>(server, other.token, "GET", "/api/events?after_seq=0", undefined, project);
      await new FakeCall(server, "+15085140377").arrives();
      for (const stream of kept.streams) await stream.reaches(last_seq + 1);
      for (const stream of [...kept.streams, kept.calls]) stream.close();
    });

  it("with a key that is revoked sees no more", async () => {
    const { key, secret } = await must<{ key: { id: string }; secret: string }>(server, owner.token, "POST", "/api/keys", { name: "for a while", rights: ["calls.read"] }, project);
    const lost = await watch(secret);
    await must(server, owner.token, "DELETE", `/api/keys/${key.id}`, undefined, project);
    await assertEnded(lost);
    await assert.rejects(Realtime.open(server, "ws", { key: secret }), /stream: 401 /);
  });
});

describe("the cookie of a session", () => {
  it("opens a WebSocket from our own site only", async () => {
    const server = await startServer();
    try {
      const answer = await fetch(server.loginLink, { redirect: "manual" });
      const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
      const ours = await Realtime.open(server, "ws", { key: null, headers: { Cookie: cookie, Origin: server.url } });
      ours.close();
      const foreign: Record<string, string>[] = [{ Cookie: cookie }, { Cookie: cookie, Origin: "https://elsewhere.example" }];
      for (const headers of foreign)
        await assert.rejects(Realtime.open(server, "ws", { key: null, headers }), /stream: 403/);
    } finally {
      await server.remove();
    }
  });
});

describe("the handshake of a WebSocket", () => {
  const GOOD = [
    "Host: here",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Authorization: Bearer ${API_KEY}`,
  ];
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const request = (fields: string[], line = "GET /realtime/stream HTTP/1.1"): string => [line, ...fields, "", ""].join("\r\n");
  const without = (name: string, ...more: string[]): string[] => [...GOOD.filter((field) => !field.startsWith(name)), ...more];

  for (const [what, bytes, status] of [
    ["without Connection", request(without("Connection")), 400],
    ["without a key", request(without("Sec-WebSocket-Key")), 400],
    ["with a short key", request(without("Sec-WebSocket-Key", "Sec-WebSocket-Key: c2hvcnQ=")), 400],
    ["of another version", request(without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8")), 426],
    ["of HTTP/1.0", request(GOOD, "GET /realtime/stream HTTP/1.0"), 400],
    ["by POST", request(GOOD, "POST /realtime/stream HTTP/1.1"), 405],
    ["without a credential", request(without("Authorization")), 401],
  ] as const)
    it(`is refused ${what}`, async () => {
      const { statuses, text } = await converse(server, bytes, 1);
      assert.deepEqual(statuses, [status]);
      assert.equal(text.includes("Sec-WebSocket-Version: 13"), status === 426);
    });

  /** Behind a good handshake: what comes back, as bytes. */
  function speak(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const socket = connect(portOf(server), "127.0.0.1");
      let heard = Buffer.alloc(0);
      let spoken = false;
      socket.on("connect", () => socket.write(request(GOOD)));
      socket.on("data", (chunk) => {
        heard = Buffer.concat([heard, chunk]);
        if (!spoken && heard.includes("\r\n\r\n")) {
          spoken = true;
          socket.write(bytes);
        }
      });
      socket.on("error", reject);
      socket.on("end", () => {
        socket.end();
        resolve(heard);
      });
    });
  }

  for (const [what, bytes, code] of [
    ["F145: a frame that is not masked", "8105 68656c6c6f", 1002],
    ["F145: a reserved bit", "c185 00000000 68656c6c6f", 1002],
    ["F145: an opcode that is none", "8b80 00000000", 1002],
    ["F147: a ping of 126 bytes", "89fe 007e 00000000", 1002],
    ["F147: a ping in pieces", "0980 00000000", 1002],
    ["a text that is no UTF-8", "8182 00000000 c328", 1007],
    ["F149: a flood of pings", "8980 00000000 ".repeat(5000), 1008],
  ] as const)
    it(`${what}, is answered with a Close, ${String(code)}`, async () => {
      const heard = await speak(Buffer.from(bytes.replaceAll(" ", ""), "hex"));
      assert.deepEqual([...heard.subarray(-4)], [0x88, 2, code >> 8, code & 255]);
    });

  it("answers the peer's Close, and closes", async () => {
    const heard = await speak(Buffer.from("88820000000003e8", "hex"));
    assert.deepEqual([...heard.subarray(-4)], [0x88, 2, 3, 232]);
  });
});

describe("live clients of a project", () => {
  it("are so many and no more, in all streams together", async () => {
    const server = await startServer({ REALTIME_CLIENTS_MAX: "2" });
    try {
      const stream = await Realtime.open(server, "sse");
      const socket = await Realtime.open(server, "ws");
      for (const client of [stream, socket]) await client.first("feed.connected");
      for (const kind of KINDS) await assert.rejects(Realtime.open(server, kind), /stream: 429/);
      const { status, body } = await ask<Fault>(server, "/events/calls");
      assert.deepEqual([status, body.error.code], [429, "RATE_LIMITED"]);
      socket.close();
      await until("there is room again", async () => {
        const next = await Realtime.open(server, "ws").catch(() => undefined);
        next?.close();
        return next;
      });
      stream.close();
    } finally {
      await server.remove();
    }
  });
});
