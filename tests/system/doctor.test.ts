// `hookswitch doctor`: what is wrong with an installation, and why a captured webhook is refused.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import twilio from "twilio";
import { ask } from "../lib/api.ts";
import { mountDisk, noDisk } from "../lib/disk.ts";
import { wrongClock } from "../lib/faketime.ts";
import { ACCOUNT_SID, AUTH_TOKEN, BINARY, type Server, startServer } from "../lib/server.ts";
import { tool } from "../lib/settled.ts";

const PATH = "/webhooks/twilio/voice-status";
const PARAMS = { AccountSid: ACCOUNT_SID, CallSid: `CA${"0".repeat(32)}`, CallStatus: "ringing" };
const OTHER_TOKEN = "89abcdef0123456789abcdef01234567";

interface Captured {
  method?: string;
  path?: string;
  /** What it was signed for, if not where it came. */
  base?: string;
  token?: string;
  params?: Record<string, string>;
  headers?: string[];
  unsigned?: boolean;
  /** What capturing it left behind the body. */
  behind?: string;
  lineEnd?: string;
}

const withoutDisk = await noDisk();

describe("the doctor", () => {
  let server: Server;
  let directory: string;
  before(async () => {
    server = await startServer();
    directory = await mkdtemp(join(tmpdir(), "hookswitch-doctor-"));
  });
  after(async () => {
    await server.remove();
    await rm(directory, { recursive: true });
  });

  async function examine(c: Captured = {}, env = server.env) {
    const params = c.params ?? PARAMS;
    const body = new URLSearchParams(params).toString();
    const signature = twilio.getExpectedTwilioSignature(c.token ?? AUTH_TOKEN, `${c.base ?? server.url}${PATH}`, params);
    const head = [
      `${c.method ?? "POST"} ${c.path ?? PATH} HTTP/1.1`,
      "Host: calls.example.com",
      "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
      `Content-Length: ${body.length}`,
      ...(c.unsigned ? [] : [`X-Twilio-Signature: ${signature}`]),
      ...(c.headers ?? []),
    ];
    const file = join(directory, "request");
    const lineEnd = c.lineEnd ?? "\r\n";
    await writeFile(file, [...head, "", body + (c.behind ?? "")].join(lineEnd));
    const { code, output } = await tool({ ...server, env }, "doctor", "--request", file);
    for (const secret of [AUTH_TOKEN, OTHER_TOKEN]) assert.ok(!output.includes(secret), "a secret is printed");
    if (c.base || c.token || c.params)
      assert.ok(!output.includes(twilio.getExpectedTwilioSignature(AUTH_TOKEN, server.url + PATH, params)), "a signature is given away");
    return { code, output };
  }

  it("says how far our clock is from the database's, when it is", { skip: process.env["STORE"] !== "postgres" && "SQLite has no clock of its own" }, async () => {
    const said = async (env: Record<string, string>): Promise<string> => {
      const { code, output } = await tool({ ...server, env: { ...server.env, ...env } }, "doctor");
      assert.equal(code, 0, output);
      return /^.*clock beside the database's.*$/m.exec(output)?.[0] ?? output;
    };
    assert.match(await said({}), /^ok /);
    assert.match(await said(wrongClock({ offset: "+3600s" })), /^advice .*: it is (3599|360\d) seconds ahead of the database's$/);
    assert.match(await said(wrongClock({ offset: "-3600s" })), /^advice .*: it is (3599|360\d|359\d) seconds behind the database's$/);
  });

  it("finds nothing wrong with a request that is right, however its lines end", async () => {
    for (const lineEnd of ["\r\n", "\n"]) {
      const { code, output } = await examine({ lineEnd });
      assert.match(output, new RegExp(`^taken: signed by account ${ACCOUNT_SID} of project 1, with its first secret$`, "m"));
      assert.equal(code, 0);
    }
  });

  it("takes a public address with a slash behind it for the same", async () => {
    const slashed = { ...server.env, WEBHOOK_BASE_URL: `${server.url}/` };
    const { code, output } = await examine({}, slashed);
    assert.equal(code, 0, output);
  });

  const refused: [string, Captured, RegExp][] = [
    ["another address", { base: "https://calls.example.com" }, /signed for https:\/\/calls\.example\.com\/webhooks.*\n.*set WEBHOOK_BASE_URL=https:\/\/calls\.example\.com/],
    ["an address that a proxy names", { base: "https://public.example.com", headers: ["X-Forwarded-Host: public.example.com"] }, /WEBHOOK_BASE_URL=https:\/\/public/],
    ["a line end behind the body", { behind: "\r\n" }, /the body without the line end behind it/],
    ["a body that was cut", { params: PARAMS, behind: "&Extra=1" }, /says that its body has \d+ bytes; there are \d+/],
    ["another token", { token: OTHER_TOKEN }, /none of the secrets of account .* made this signature/],
    ["another account", { params: { ...PARAMS, AccountSid: `AC${"9".repeat(32)}` } }, /account AC9{32} is connected with no project/],
    ["no account", { params: { CallSid: PARAMS.CallSid } }, /the body names no account/],
    ["no signature", { unsigned: true }, /no header X-Twilio-Signature/],
    ["two signatures", { headers: ["X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA="] }, /there 2 times/],
    ["what is no signature", { unsigned: true, headers: ["X-Twilio-Signature: hello"] }, /holds no signature/],
    ["another method", { method: "PUT" }, /takes POST alone/],
    ["another path", { path: "/webhooks/twilio/voice" }, /no door at "\/webhooks\/twilio\/voice".*\n.*there is one at \/webhooks\/twilio\/voice-inbound/],
  ];
  for (const [what, captured, says] of refused)
    it(`explains ${what}`, async () => {
      const { code, output } = await examine(captured);
      assert.match(output, says);
      assert.equal(code, 1);
    });

  it("says what is no request at all", async () => {
    const file = join(directory, "nonsense");
    await writeFile(file, "hello\n".repeat(10_000));
    assert.match((await tool(server, "doctor", "--request", file)).output, /no whole HTTP request/);
    assert.match((await tool(server, "doctor", "--request", join(directory, "missing"))).output, /No such file/);
    assert.match((await tool(server, "doctor", "--requets", file)).output, /doctor --request FILE/);
  });

  it("tells a supervisor whether the server is well", async () => {
    const port = new URL(server.url).port;
    assert.equal((await tool({ ...server, env: { ...server.env, PORT: port } }, "health")).code, 0);
    assert.equal((await tool({ ...server, env: { ...server.env, PORT: "1" } }, "health")).code, 1);
  });

  it("asks the public address, which leads here, or elsewhere, or nowhere", async () => {
    const asked = async (url: string, near = true) =>
      (await tool({ ...server, env: { ...server.env, WEBHOOK_BASE_URL: url, DEMO_CALLS: String(near), TWILIO_BASE_URL: "http://127.0.0.1:1" } }, "doctor")).output;
    assert.match(await asked(server.url), /^ok +public address$/m);
    assert.match(await asked(`${server.url}/app`), /^advice +public address: something else answers/m);
    assert.match(await asked("http://127.0.0.1:1"), /^advice +public address: nothing answers/m);
    assert.match(await asked(server.url, false), /^advice +public address: .* leads nowhere on the internet/m);
    assert.match(await asked("http://192.0.2.1", false), /^advice +public address: .* is no https address/m);
  });

  it("wants an account at a provider, of the configuration or of a project's settings", async () => {
    const bare = { ...server, env: { ...server.env, TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "" } };
    assert.match((await tool(server, "doctor")).output, /^ok +provider account$/m);
    const without = await tool(bare, "doctor");
    assert.match(without.output, /^FAILED +provider account: none is connected.*\n.*Settings, Connections/m);
    assert.equal(without.code, 1);
    const secret = { secret: OTHER_TOKEN };
    assert.equal((await ask(server, `/api/connections/twilio/AC${"7".repeat(32)}`, { method: "PUT", body: secret })).status, 204);
    const connected = await tool(bare, "doctor");
    assert.match(connected.output, /^ok +provider account$/m);
    assert.ok(!connected.output.includes(OTHER_TOKEN));
  });

  const UNTRACED = { ASAN_OPTIONS: "detect_leaks=0" }; // the search for leaks traces too, which one can do at a time
  const withClock = async (verdict: number): Promise<string> => {
    const kernel = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=clock_adjtime,adjtimex", "-e", `inject=clock_adjtime,adjtimex:retval=${verdict}`];
    const { stdout } = await promisify(execFile)("strace", [...kernel, BINARY, "doctor"], { env: { ...server.env, ...UNTRACED } });
    return stdout;
  };

  it("says whether anything keeps the clock right", async () => {
    const TIME_ERROR = 5;
    assert.match(await withClock(0), /^ok +clock$/m);
    assert.match(await withClock(TIME_ERROR), /^advice +clock: nothing keeps this machine's clock right\n.*chrony/m);
  });

  it("says when a disk has little room", { skip: withoutDisk }, async () => {
    const small = await mountDisk("size=16m");
    try {
      const { output, code } = await tool({ ...server, env: { ...server.env, SPOOL_DIR: join(small.path, "not", "there", "yet") } }, "doctor");
      assert.match(output, /^advice +room for the spool: SPOOL_DIR: 1[56] MB are free, 2048 are wanted\n.*make room/m);
      assert.equal(code, 0, "an advice");
      const onIt = { ...server.env, DATABASE_URL: `sqlite:${join(small.path, "calls.db")}` };
      assert.match((await tool({ ...server, env: onIt }, "doctor")).output, /^advice +room for the database: DATABASE_URL: 1[56] MB are free/m);
    } finally {
      await small.remove();
    }
  });
});
