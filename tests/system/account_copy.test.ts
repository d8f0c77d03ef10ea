// A start while the database is down knows the accounts that projects have connected, by the sealed copy of the last run.
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type InboxPage } from "../lib/api.ts";
import { must, OWNER, type Person, signIn } from "../lib/company.ts";
import { type Cluster, startCluster } from "../lib/postgres.ts";
import { MASTER_KEY, type Server, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { type Door, FakeCall, newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const skip = process.env["STORE"] !== "postgres" && "PostgreSQL only: SQLite has no server to stop";
const SID = "AC0000000000000000000000000000beef";
const TOKEN = "the-auth-token-of-the-other-project";
const NEXT = "the-token-that-comes-after-it-0000";
const NUMBER = "+442071838750";

describe("F061 the copy of the accounts", { skip }, () => {
  let cluster: Cluster;
  let server: Server;
  let owner: Person;
  let other: string;
  before(async () => {
    cluster = await startCluster();
    server = await startServer({ ...OWNER, DATABASE_URL: cluster.url });
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    other = (await must<{ id: string }>(server, owner.token, "POST", "/projects", { name: "Other" })).id;
    await must(server, owner.token, "PATCH", "/api/settings", { owned_numbers: NUMBER, region: "GB", sip_user: "desk", sip_domain: "london.example" }, other);
    await connect(TOKEN);
  });
  after(async () => {
    await server.remove();
    await cluster.remove();
  });

  const copy = (): string => join(String(server.env["SPOOL_DIR"]), "accounts.sealed");

  function knock(token: string, door: Door, sid = newCallSid()): Promise<Response> {
    return post(server, door, { AccountSid: SID, CallSid: sid, CallStatus: "ringing", From: "+12125550123", To: NUMBER, Direction: "inbound" }, token);
  }

  async function connect(secret: string): Promise<void> {
    await must(server, owner.token, "PUT", `/api/connections/twilio/${SID}`, { secret }, other);
    await until("the account may knock", async () => ((await knock(secret, "voice-status")).status === 204 ? true : undefined));
  }

  /** Without the database; it is there again, and all is applied, when that is over. */
  async function whileDown(work: () => Promise<void>): Promise<void> {
    await server.stop();
    await cluster.stop();
    const started = server.start();
    await until("it listens", () => fetch(`${server.url}/health`).catch(() => undefined));
    await work();
    await cluster.start();
    await started;
    await settled(server);
  }

  async function received(sid: string): Promise<number> {
    return (await must<InboxPage>(server, owner.token, "GET", `/api/events?call_sid=${sid}`, undefined, other)).total;
  }

  it("tells nothing to who reads it", async () => {
    const text = await readFile(copy(), "utf8");
    for (const hidden of [TOKEN, SID, NUMBER, NUMBER.slice(1), "desk", "london", "project", MASTER_KEY]) assert.ok(!text.includes(hidden), hidden);
    assert.equal((await stat(copy())).mode & 0o777, 0o600);
  });

  it("lets what is signed be spooled for its project, and callers reach whom they should", async () => {
    const sid = newCallSid();
    const mine = new FakeCall(server, "+15085140324");
    await whileDown(async () => {
      const steered = await knock(TOKEN, "voice-inbound", sid);
      assert.equal(steered.status, 200);
      assert.match(await steered.text(), /sip:desk@london\.example/);
      assert.equal((await knock(TOKEN, "voice-status", sid)).status, 204);
      assert.equal((await knock("a-wrong-token-00000000000000000", "voice-status", sid)).status, 403);
      await mine.arrives(); // of the configuration
    });
    assert.equal(await received(sid), 2);
    assert.equal((await must<InboxPage>(server, owner.token, "GET", `/api/events?call_sid=${mine.sid}`)).total, 1);
  });

  it("follows a change", async () => {
    await connect(NEXT);
    await whileDown(async () => {
      assert.equal((await knock(NEXT, "voice-status")).status, 204);
      assert.equal((await knock(TOKEN, "voice-status")).status, 403);
    });
  });

  it("leaves it to the store whose an event is, when the account has moved meanwhile", async () => {
    const sid = newCallSid();
    const before = await readFile(copy(), "utf8");
    const path = `/api/connections/twilio/${SID}`;
    const moved = async (from?: string, to?: string): Promise<void> => {
      await must(server, owner.token, "DELETE", path, undefined, from);
      await must(server, owner.token, "PUT", path, { secret: NEXT }, to);
    };
    await moved(other);
    await server.stop();
    await writeFile(copy(), before); // as if it had moved while this node was away
    await whileDown(async () => assert.equal((await knock(NEXT, "voice-status", sid)).status, 204));
    assert.equal(await received(sid), 0);
    assert.equal((await must<InboxPage>(server, owner.token, "GET", `/api/events?call_sid=${sid}`)).total, 1);
    await moved(undefined, other);
    await until("the account is the other's again", async () => {
      const next = newCallSid();
      await knock(NEXT, "voice-status", next);
      return (await received(next)) === 1 ? true : undefined;
    });
  });

  it("counts for nothing when it was changed: the configuration's account is known still", async () => {
    const text = await readFile(copy(), "utf8");
    const lines = text.trimEnd().split("\n");
    const [head = "", first = "", ...rest] = lines;
    const damaged = {
      "a byte": text.slice(0, -9) + (text.at(-9) === "A" ? "B" : "A") + text.slice(-8),
      "a line less": lines.slice(0, -1).join("\n") + "\n",
      "two lines in the other's place": [head, ...rest, first].join("\n") + "\n",
      "a line more": `${text}${first}\n`,
      "a cut": text.slice(0, text.length / 2),
    };
    const mine = new FakeCall(server, "+15085140325");
    for (const [what, bytes] of Object.entries(damaged)) {
      await server.stop();
      await writeFile(copy(), bytes);
      await whileDown(async () => {
        assert.equal((await knock(NEXT, "voice-status")).status, 403, what);
        await mine.arrives();
      });
      assert.equal((await knock(NEXT, "voice-status")).status, 204, what);
      assert.equal(await readFile(copy(), "utf8").then((now) => now.split("\n").length), lines.length + 1, what);
    }
    assert.match(server.output(), /accounts\.copy/);
  });
});
