// Another master key, on an installation that has sealed credentials: by the runbook, and by every wrong turn of it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { auditOf, must, OWNER, type Person, signIn, type Tokens } from "../lib/company.ts";
import { ask } from "../lib/api.ts";
import { type Server, startServer } from "../lib/server.ts";
import { audit, tool } from "../lib/settled.ts";
import { newCallSid, post } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

const [OLD, NEW, OTHER] = ["old", "new", "another"].map((name) => `${name}-master-key-of-this-very-test-00000`) as [string, string, string];
const ACCOUNTS = [{ sid: `AC${"4".repeat(32)}`, token: "the-auth-token-of-the-fourth" }, { sid: `AC${"5".repeat(32)}`, token: "the-auth-token-of-the-fifth" }];

describe("another master key", () => {
  let server: Server;
  let owner: Person;
  before(async () => {
    server = await startServer({ ...OWNER, MASTER_KEY: OLD });
    owner = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    for (const { sid, token } of ACCOUNTS)
      await must(server, owner.token, "PUT", `/api/connections/twilio/${sid}`, { secret: token, secondary_secret: `${token}-2` });
    await allKnock();
  });
  after(() => server.remove());

  function keys(present: string, previous = ""): void {
    Object.assign(server.env, { MASTER_KEY: present, MASTER_KEY_PREVIOUS: previous });
  }

  /** What is signed with the stored secrets, either of them, is taken. */
  async function allKnock(): Promise<void> {
    for (const { sid, token } of ACCOUNTS)
      for (const secret of [token, `${token}-2`])
        await until(`${sid} may knock`, async () => {
          const answer = await post(server, "voice-status", { AccountSid: sid, CallSid: newCallSid(), CallStatus: "ringing", From: "+12125550123", To: "+442071838750", Direction: "inbound", SequenceNumber: "0", Timestamp: "Thu, 01 Jan 2026 10:00:00 +0000" }, secret);
          return answer.ok ? true : undefined;
        });
  }

  async function startsWith(present: string, previous = ""): Promise<void> {
    await server.stop();
    keys(present, previous);
    await server.start();
    await allKnock();
  }

  /** It is refused with these words, and the one before serves on as if nothing had been. */
  async function isRefused(present: string, previous = ""): Promise<void> {
    const { MASTER_KEY: goodKey = "", MASTER_KEY_PREVIOUS: goodPrevious = "" } = server.env;
    await server.stop();
    keys(present, previous);
    const said = server.output().length;
    server.launch();
    const { code } = await until("it ends", () => server.ended());
    assert.equal(code, 1);
    const words = server.output().slice(said);
    assert.match(words, /the master key is not the one that this installation was made with/);
    assert.match(words, /MASTER_KEY_PREVIOUS, and run `hookswitch vault rekey`/);
    keys(goodKey, goodPrevious);
    await server.start();
    await allKnock();
  }

  const rekey = (): Promise<{ code: number; output: string }> => tool(server, "vault", "rekey");

  it("alone is refused, and nothing is lost", () => isRefused(NEW));

  it("does not come by the tool alone either", async () => {
    keys(NEW);
    const { code, output } = await rekey();
    keys(OLD);
    assert.equal(code, 1);
    assert.match(output, /not the one that this installation was made with/);
  });

  it("beside the old one opens all that is there, and people stay signed in", async () => {
    await startsWith(NEW, OLD);
    await must(server, owner.token, "GET", "/api/me");
    const { status } = await ask<Tokens>(server, "/auth/refresh", { method: "POST", key: null, body: { refresh_token: owner.refresh } });
    assert.equal(status, 200);
  });

  it("is still refused alone before all is sealed with it", () => isRefused(NEW));

  it("gives way to the old one, when the two are exchanged", async () => {
    const [account] = ACCOUNTS;
    await must(server, owner.token, "PUT", `/api/connections/twilio/${account?.sid ?? ""}`, { secret: account?.token, secondary_secret: `${account?.token ?? ""}-2` }); // sealed with the new one
    await startsWith(OLD, NEW);
    await startsWith(NEW, OLD);
  });

  it("changes nothing where one cannot be opened, and names it", async () => {
    keys(OTHER, OLD);
    const { code, output } = await rekey();
    keys(NEW, OLD);
    assert.equal(code, 1);
    assert.match(output, new RegExp(`twilio account ${ACCOUNTS[0]?.sid ?? ""} of project 1: a secret was sealed with another master key; nothing was changed`));
    await startsWith(NEW, OLD);
  });

  it("seals all anew while the server runs, once", async () => {
    const first = await rekey();
    assert.deepEqual(first, { code: 0, output: "1 accounts sealed anew; nothing needs the master key before any more\n" });
    assert.equal((await rekey()).output.split(" ")[0], "0");
    await allKnock();
    const told = (await auditOf(server, (await signIn(server, owner.email)).token)).filter(({ action }) => action === "vault.rekeyed");
    assert.deepEqual(told.map(({ details }) => details), [{ sealed_anew: 0 }, { sealed_anew: 1 }]);
  });

  it("is enough alone from then on, and the old one is not", async () => {
    await startsWith(NEW);
    await isRefused(OLD);
    assert.match(await audit(server), /0 findings/);
  });

  it("is told what it is for", async () => {
    for (const wrong of [[], ["open"], ["rekey", "now"]]) {
      const { code, output } = await tool(server, "vault", ...wrong);
      assert.equal(code, 1);
      assert.match(output, /usage: hookswitch vault rekey/);
    }
  });
});
