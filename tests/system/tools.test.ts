// The command line: what an engineer types, and what is refused before anything can go wrong.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { type FeedPage, get, type InboxPage } from "../lib/api.ts";
import { auditOf, found, type Me, must, OWNER, type Person, signIn } from "../lib/company.ts";
import { ACCOUNT_SID, type Server, startServer } from "../lib/server.ts";
import { settled, tool } from "../lib/settled.ts";
import { sql } from "../lib/sql.ts";
import { Stream } from "../lib/stream.ts";
import { deliverPoison, FakeCall } from "../lib/twilio.ts";

describe("the command line", () => {
  let server: Server;
  before(async () => {
    server = await startServer(OWNER);
    await new FakeCall(server, "+15085140320").arrives();
    await deliverPoison(server);
    await settled(server);
  });
  after(() => server.remove());

  it("helps", async () => {
    const { code, output } = await tool(server, "help");
    assert.equal(code, 0);
    for (const command of ["serve", "migrate", "verify", "replay", "feed", "doctor"]) assert.match(output, new RegExp(`\\b${command}\\b`));
  });

  it("says what it does not know", async () => {
    assert.equal((await tool(server, "sevre")).code, 1);
    assert.match((await tool(server, "serve", "--rols=door")).output, /no option/);
    assert.equal((await tool(server, "migrate", "sideways")).code, 1);
  });

  it("verifies", async () => {
    const { code, output } = await tool(server, "verify");
    assert.equal(code, 0);
    assert.match(output, /1 calls, 1 log lines, 1 feed events, 2 inbox rows, 0 audit entries checked: 0 findings/);
  });

  it("verifies what was acknowledged, and names the first event that is not there", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-acks-"));
    const log = join(directory, "acks");
    const { events } = await get<InboxPage>(server, "/api/events");
    const { epoch } = await get<FeedPage>(server, "/api/events?after_seq=0");
    const told = events.map(({ dedupe_key }) => `ack ${ACCOUNT_SID} ${dedupe_key}`);
    await writeFile(log, [...told, `from 1 me ${epoch} 0`, `saw 1 me ${epoch} 1`, "end 1 me", ""].join("\n"));
    const sound = await tool(server, "verify", "--acks", log);
    assert.equal(sound.code, 0, sound.output);
    assert.match(sound.output, /2 acknowledgements, 1 events seen by 1 clients checked: 0 findings/);
    await writeFile(log, [...told, "ack 1 call:CAlost:ringing:1:1", `saw 1 me ${epoch} 2`, ""].join("\n"));
    const lost = await tool(server, "verify", "--acks", log);
    assert.equal(lost.code, 1);
    assert.match(lost.output, /line 3: event call:CAlost:ringing:1:1 was acknowledged and is not in the store/);
    assert.match(lost.output, /line 4: client me saw event 2, the feed of project 1 ends with 1/);
    assert.equal((await tool(server, "verify", "--acks", join(directory, "missing"))).code, 1);
    assert.equal((await tool(server, "verify", "--ack")).code, 1);
    await rm(directory, { recursive: true });
  });

  it("shows the migrations", async () => {
    assert.match((await tool(server, "migrate", "status")).output, /0001 +applied/);
  });

  it("prints a link that signs a browser in", async () => {
    const { output } = await tool(server, "login-link");
    const answer = await fetch(output.trim(), { redirect: "manual" });
    assert.equal(answer.status, 303);
  });

  it("examines the set-up", async () => {
    const { code, output } = await tool(server, "doctor");
    assert.equal(code, 0, output);
    assert.match(output, /^ok +store answers$/m);
    const without = { ...server, env: { ...server.env, TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "" } };
    assert.equal((await tool(without, "doctor")).code, 1);
  });

  it("prints the table of rights as docs/rights.md has it", async () => {
    const { output } = await tool(server, "rights");
    assert.equal(output, await readFile(resolve(import.meta.dirname, "../../docs/rights.md"), "utf8"));
  });

  it("makes an organisation whose owner comes in by a link, and says what it does not understand", async () => {
    const { code, output } = await tool(server, "org", "create", "Another company", "Ann@Another.example");
    assert.equal(code, 0, output);
    assert.match(output, /\/app\/welcome#[\w-]{43}\n$/);
    const again = await tool(server, "org", "create", "A third", "ann@another.example");
    assert.match(again.output, /\/app\/welcome#/, "who has no password yet needs a link still");
    for (const args of [["create"], ["create", "", "a@b.example"], ["create", "x".repeat(101), "a@b.example"], ["create", "x", "no address"], ["remove", "x"], []])
      assert.equal((await tool(server, "org", ...args)).code, 1, args.join(" "));
  });

  it("makes a project of the organisation that is named, by its number, and lists all", async () => {
    await tool(server, "org", "create", "Of \u001b[2Jtwo\u009b2J", "owner@two.example");
    const listed = async (): Promise<string[][]> => {
      const { code, output } = await tool(server, "project", "list");
      assert.equal(code, 0, output);
      return output.trim().split("\n").slice(1).map((line) => line.split(/ {2,}/));
    };
    const there = await listed();
    const org = there.find(([, , name]) => name === "First project (Of ?[2Jtwo?2J)")?.[1] ?? "";
    const first = there[0]?.[1] ?? "";
    const made: string[] = [];
    for (const args of [["  Night shift "], ["Ночь", org]]) {
      const { code, output } = await tool(server, "project", "create", ...args);
      assert.equal(code, 0, output);
      assert.match(output, /^\d+\n$/, "its number, and nothing else");
      made.push(output.trim());
    }
    assert.deepEqual((await listed()).slice(there.length), [
      [made[0], first, "Night shift (Default organisation)"],
      [made[1], org, "Ночь (Of ?[2Jtwo?2J)"],
    ]);
    const noted = (await auditOf(server, (await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL)).token, "action=project.created")).map(({ actor, entity, details, project_id }) => [actor, entity, details, project_id]);
    const by = { kind: "system", id: null, name: "console" };
    assert.deepEqual(noted, [[by, { type: "project", id: made[0], name: null }, { before: null, after: "Night shift" }, made[0]]], "the other one is not of this organisation");
    assert.match((await tool(server, "verify")).output, /: 0 findings/);
  });

  it("makes no project of nothing, of too much, or of an organisation that is not there", async () => {
    const before_ = (await tool(server, "project", "list")).output;
    const refused: Record<string, string[][]> = { "a name of 1 to 100 bytes": [[""], ["  "], ["x".repeat(101)]], "no organisation 999": [["x", "999"]], "no organisation's number": [["x", "Default organisation"], ["x", ""]], usage: [[], ["x", "1", "y"]] };
    for (const [why, all] of Object.entries(refused))
      for (const args of all) {
        const { code, output } = await tool(server, "project", "create", ...args);
        assert.equal(code, 1, args.join(" "));
        assert.ok(output.includes(why), `${args.join(" ")}: ${output}`);
      }
    for (const args of [[], ["list", "1"], ["remove", "1"]]) assert.match((await tool(server, "project", ...args)).output, /^usage: /, args.join(" "));
    assert.equal((await tool(server, "project", "list")).output, before_);
  });

  it("refuses a malformed configuration and says what to fix", async () => {
    const wrong = { ...server, env: { ...server.env, PORT: "http", WEBHOOK_BASE_URL: "calls.example.com" } };
    const { code, output } = await tool(wrong, "serve");
    assert.equal(code, 1);
    assert.match(output, /PORT/);
    assert.match(output, /WEBHOOK_BASE_URL/);
  });

  it("refuses a second process on one SQLite file, and leaves the first alone", { skip: process.env["STORE"] === "postgres" }, async () => {
    const { code, output } = await tool({ ...server, env: { ...server.env, PORT: "0" } }, "serve");
    assert.equal(code, 1);
    assert.match(output, new RegExp(String(server.pid())));
    assert.ok((await fetch(`${server.url}/health`)).ok);
    assert.equal((await tool(server, "replay", "--all")).code, 1);
  });

  it("begins a new epoch, once the server has ended; a reader of the old one is told", async () => {
    assert.equal((await tool(server, "feed", "old-epoch")).code, 1);
    const old = await get<FeedPage>(server, "/api/events?after_seq=0");
    await server.stop();
    const { code, output } = await tool(server, "feed", "new-epoch");
    assert.equal(code, 0, output);
    await server.start();
    const page = await get<FeedPage>(server, "/api/events?after_seq=0");
    const { token } = await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL);
    const [line] = await auditOf(server, token, "action=feed.epoch_began");
    assert.deepEqual([line?.actor.name, line?.entity, line?.details], ["console", { type: "installation", id: "feed", name: null }, { epoch: page.epoch }]);
    assert.notEqual(page.epoch, old.epoch);
    assert.ok(output.includes(page.epoch));
    const reader = await Stream.open(server, `?last_seq=1&epoch=${old.epoch}`);
    assert.equal((await reader.first("resync")).data.data["reason"], "epoch_changed");
    reader.close();
  });

  it("replays dead letters, once the server has ended", async () => {
    const audited = async (): Promise<number> => Number(/(\d+) audit entries/.exec((await tool(server, "verify")).output)?.[1]);
    await server.stop();
    const noted = await audited();
    const { code, output } = await tool(server, "replay", "--all");
    assert.equal(code, 0, output);
    assert.match(output, /^1 put back/);
    assert.equal(await audited(), noted + 1);
    await server.start();
    assert.equal((await settled(server)).inbox.dead_letter, 1);
  });

  it("replays those of a project that is named, and says which in the log of its organisation", async () => {
    const [ours, theirs] = [await signIn(server, OWNER.BOOTSTRAP_ADMIN_EMAIL), await found(server, "Theirs", "owner@theirs.example")];
    const place = (await must<Me>(server, theirs.token, "GET", "/api/me")).project?.id ?? "";
    await deliverPoison(server);
    await settled(server);
    const { events } = await must<InboxPage>(server, ours.token, "GET", "/api/events?processing_status=dead_letter");
    const [first = "", second = ""] = events.map(({ id }) => id);
    assert.equal(events.length, 2);
    await sql(server, `UPDATE webhook_inbox SET project_id = ${place} WHERE id = ${second}`);
    const replayed = async (n: number, ...args: string[]): Promise<void> => {
      await server.stop();
      const { code, output } = await tool(server, "replay", ...args);
      assert.deepEqual([code, output], [0, `${String(n)} put back into the queue\n`]);
      await server.start();
      await settled(server);
    };
    const line = async (by: Person): Promise<unknown[]> => {
      const [{ actor, entity, details, project_id } = assert.fail("no line")] = await auditOf(server, by.token, "limit=1&action=event.replayed");
      return [actor.name, entity.id, details, project_id];
    };
    await replayed(1, `--project=${place}`, first, second);
    assert.deepEqual(await line(theirs), ["console", "many", { requested: 1, ids: [second] }, place]);
    await replayed(1, "--all");
    assert.deepEqual(await line(ours), ["console", "many", { requested: 1, ids: [first] }, "1"]);
    await replayed(1, "--all", `--project=${place}`);
    assert.equal((await auditOf(server, theirs.token, "action=event.replayed")).length, 2);
    await replayed(0, second);
    await server.stop();
    for (const [words, ...wrong] of [[/which/], [/which/, "--project=1"], [/which/, "--all", first], [/no such project/, "--all", "--project=999"], [/no project's number/, "--all", "--project=x"], [/no identifier/, "x"]] as [RegExp, ...string[]][]) {
      const { code, output } = await tool(server, "replay", ...wrong);
      assert.equal(code, 1, wrong.join(" "));
      assert.match(output, words);
    }
    await server.start();
  });

  it("takes the schema back from a database with data, and up again", async () => {
    await server.stop();
    const down = await tool(server, "migrate", "down", "1000");
    assert.equal(down.code, 0, down.output);
    assert.match((await tool(server, "migrate", "status")).output, /0001 +pending/);
    assert.equal((await tool(server, "migrate", "up")).code, 0);
    await server.start();
    await new FakeCall(server, "+15085140320").arrives();
    assert.equal((await settled(server)).feed.last_seq, 1);
  });
});
