// Twilio's own library and our door over the same requests: what it calls valid we let in, and nothing else.
//
// Each request is signed over one of the URLs that a sender may have meant, or over a wrong one, and then
// perhaps changed. CASES says how many; SEED repeats a run.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { resolve } from "node:path";
import { parse } from "node:querystring";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import twilio from "twilio";
import { get, type InboxPage } from "../lib/api.ts";
import { Random, seedOfRun } from "../lib/random.ts";
import { portOf } from "../lib/raw.ts";
import { ACCOUNT_SID, AUTH_TOKEN, OWNED_NUMBER, type Server, startServer } from "../lib/server.ts";
import { newCallSid, post } from "../lib/twilio.ts";

const CASES = Number(process.env["CASES"] ?? 4000);
const AT_ONCE = 16;
const SAMPLES = Number(process.env["SAMPLES"] ?? 0);
const PATH = "/webhooks/twilio/voice-status";
const SECOND_TOKEN = "the-second-token-during-rotation";
const BASES = ["https://calls.example.com", "https://calls.example.com:443", "http://Calls.Example.com:8080/under", "https://user:pass@calls.example.com:8443"];

type Signed = { target: string; body: string; type: string; signature: string | undefined };

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

/** The request target goes out as it is. */
function send(server: Server, { target, body, type, signature }: Signed): Promise<{ status: number; text: string }> {
  return new Promise((answered, failed) => {
    const headers = { "Content-Type": type, "Content-Length": String(Buffer.byteLength(body)), ...(signature !== undefined && { "X-Twilio-Signature": signature }) };
    const asked = request({ agent, host: "127.0.0.1", port: portOf(server), method: "POST", path: target, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => { answered({ status: answer.statusCode ?? 0, text }); });
    });
    asked.on("error", failed);
    asked.end(body);
  });
}

const ESCAPES = ["%20", "+", "%2B", "%2b", "%2F", "%2f", "%26", "%3D", "%zz", "%", "%4", "%C3%A9", "%e2%82%ac", "%F0%9F%93%9E", "%EE%80%80", "%EF%BF%BF", "%C0%AF", "%E0%80%AF", "~", "*", "!", "'", "(", ")", "-", "_", ".", "$", ",", ":", "@", "%7E", "%27", "%21", "%0A", "%00", "%22", "%3C"];
const NAMES = ["From", "To", "from", "A", "a", "B%20b", "B+b", "%C3%A9", "%EE%80%80", "%F0%9F%93%9E", "Z", "0", "10", "9", "", "__proto__x", "constructor", "x.y", "x%5B%5D"];

function text(r: Random): string {
  return Array.from({ length: r.below(5) }, () => (r.chance(50) ? r.text(1 + r.below(6), "abcXYZ019") : r.pick(ESCAPES))).join("");
}

function form(r: Random): string {
  const fields = Array.from({ length: r.below(12) }, () => `${r.pick(NAMES)}=${text(r)}`);
  if (fields[0] !== undefined && r.chance(20)) fields.push(fields[0]); // the same pair again
  const identity = [`AccountSid=${ACCOUNT_SID}`, `CallSid=CA${"0".repeat(32)}`, "CallStatus=ringing", "SequenceNumber=1", "Timestamp=Fri%2C+12+Mar+2027+16%3A29%3A59+%2B0000"];
  for (const field of identity) fields.splice(r.below(fields.length + 1), 0, field);
  return fields.join("&");
}

function query(r: Random): string {
  if (r.chance(40)) return "";
  return `?${Array.from({ length: r.below(5) }, () => (r.chance(80) ? `${r.pick(NAMES)}=${text(r)}` : text(r))).join("&")}`;
}

/** The URL that the sender may have had before its eyes. */
const SENDERS: ((r: Random, url: string) => string)[] = [
  (_, url) => url,
  (_, url) => url.replace(/^(https?:\/\/[^/?]*?)(:\d+)?(?=[/?])/, "$1"),
  (_, url) => url.replace(/^(https:\/\/[^/?]*?)(:\d+)?(?=[/?])/, "$1:443"),
  (_, url) => url.replace(/^(http:\/\/[^/?]*?)(:\d+)?(?=[/?])/, "$1:80"),
  (_, url) => new URL(url).href,
  (_, url) => { const u = new URL(url); return u.origin + u.pathname + (u.search && `?${new URLSearchParams(u.search).toString()}`); },
  (_, url) => { const u = new URL(url); u.search = u.search && [...u.searchParams].map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join("&"); return u.href; },
  (_, url) => url.replace(/%[0-9a-f]{2}/gi, (hex) => hex.toUpperCase()),
  (_, url) => url.replace(/%20/g, "+"),
  (_, url) => url.replace("https:", "http:"),
  (_, url) => url.replace(/^(https?:\/\/)[^/?@]*@/, "$1"),
  (_, url) => url.toLowerCase(),
  (_, url) => url.replace(/\?.*/, ""),
  (_, url) => `${url}/`,
  (r, url) => { const at = r.below(url.length); return url.slice(0, at) + r.pick(["x", "%20", ""]) + url.slice(at + 1); },
];

function changed(r: Random, s: string): string {
  const at = r.below(s.length);
  return s.slice(0, at) + r.pick(["A", "b", "=", "0", "&", ""]) + s.slice(at + 1);
}

function signed(r: Random, base: string): Signed {
  const target = PATH + query(r);
  const body = form(r);
  let over: string;
  try {
    over = r.pick(SENDERS)(r, base + target);
  } catch {
    over = base + target;
  }
  const token = r.chance(90) ? AUTH_TOKEN : r.pick([SECOND_TOKEN, "another-token", ""]);
  const signature = twilio.getExpectedTwilioSignature(token, over, { ...parse(body, "&", "=", { maxKeys: 0 }) } as Record<string, string>);
  const all: Signed = { target, body, type: "application/x-www-form-urlencoded", signature };
  if (r.chance(75)) return all;
  if (r.chance(60)) return { ...all, body: changed(r, body) };
  return { ...all, signature: changed(r, signature) };
}

/** Whether all that is escaped in it is UTF-8. */
function isText(form_: string): boolean {
  return !JSON.stringify(parse(form_, "&", "=", { maxKeys: 0 })).includes("\ufffd");
}

/** The library's word, with either token; what it throws at is nothing that it accepts. */
function accepts(base: string, { target, body, signature }: Signed): boolean {
  const params = { ...parse(body, "&", "=", { maxKeys: 0 }) } as Record<string, string>;
  if (params["AccountSid"] !== ACCOUNT_SID) return false;
  return [AUTH_TOKEN, SECOND_TOKEN].some((token) => {
    try {
      return twilio.validateRequest(token, signature ?? "", base + target, params);
    } catch {
      return false;
    }
  });
}

async function compare(server: Server, base: string, n: number, r: Random): Promise<{ valid: number; findings: string[] }> {
  const findings: string[] = [];
  let [valid, left] = [0, n];
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const rq = signed(r, base);
      const expected = accepts(base, rq);
      valid += Number(expected);
      const { status } = await send(server, rq);
      if (expected && status === 403 && !isText(rq.body + rq.target.replace(/^[^?]*\?/, "&"))) continue; // it signs U+FFFD for it; Twilio sends UTF-8
      if (status !== (expected ? 204 : 403)) findings.push(`${String(status)}, the library says ${String(expected)}: ${JSON.stringify({ base, ...rq })}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { valid, findings };
}

/** Without what the scheduler and the collector did. */
function lowerHalf(samples: number[]): number[] {
  return samples.toSorted((a, b) => a - b).slice(0, samples.length / 2);
}

/** Welch's t: how many standard errors lie between two means. */
function welch(a: number[], b: number[]): number {
  const mean = (of: number[]): number => of.reduce((sum, x) => sum + x, 0) / of.length;
  const variance = (of: number[], m: number): number => of.reduce((sum, x) => sum + (x - m) ** 2, 0) / (of.length - 1);
  const [ma, mb] = [mean(a), mean(b)];
  return (ma - mb) / Math.sqrt(variance(a, ma) / a.length + variance(b, mb) / b.length);
}

describe("signatures", () => {
  const servers: Server[] = [];
  before(async () => {
    servers.push(...(await Promise.all(BASES.map((WEBHOOK_BASE_URL) => startServer({ WEBHOOK_BASE_URL, TWILIO_AUTH_TOKEN_SECONDARY: SECOND_TOKEN, WEBHOOK_INVALID_PER_MINUTE: "1000000" })))));
  });
  after(async () => {
    agent.destroy();
    await Promise.all(servers.map((server) => server.remove()));
  });

  it("F119 F121 F125: of random requests, those are let in that Twilio's library calls valid, and no others", async () => {
    const r = new Random(seedOfRun());
    let valid = 0;
    for (const [i, server] of servers.entries()) {
      const found = await compare(server, BASES[i] ?? "", CASES / BASES.length, r);
      assert.equal(found.findings.length, 0, found.findings.slice(0, 10).join("\n"));
      valid += found.valid;
    }
    console.log(`# ${String(CASES)} requests, ${String(valid)} of them valid`);
    assert.ok(valid > CASES / 5 && valid < CASES * 0.9, `${String(valid)} valid`);
  });

  it("F126: a JSON body is let in with its digest in the URL, once, and in no other way", async () => {
    const server = servers[0] as Server;
    const body = JSON.stringify({ AccountSid: ACCOUNT_SID, CallSid: newCallSid(), CallStatus: "ringing" });
    const digest = createHash("sha256").update(body).digest("hex");
    const rows = async (): Promise<number> => (await get<InboxPage>(server, "/api/events?limit=1")).total;
    const before_ = await rows();
    const queries: [string, number][] = [
      [`?bodySHA256=${digest.replace(/./, (c) => (c === "0" ? "1" : "0"))}`, 403],
      [`?bodySHA256=${digest.toUpperCase()}`, /[a-f]/.test(digest) ? 403 : 204],
      [`?bodySHA256=`, 403],
      ["?bodySHA256", 403],
      ["", 403],
      [`?bodySHA256=${digest}&bodySHA256=${digest}`, 403],
      [`?bodySHA256=${digest}&bodySHA256=${"0".repeat(64)}`, 403],
      [`?BodySHA256=${digest}`, 403],
      [`?x=1&bodySHA256=${digest}`, 204],
    ];
    for (const [with_, expected] of queries) {
      const target = PATH + with_;
      const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, (BASES[0] ?? "") + target, {});
      const { status } = await send(server, { target, body, type: "application/json", signature });
      assert.equal(status, expected, with_);
    }
    assert.equal(await rows(), before_ + 1);
  });

  it("F144: whatever a caller calls himself, and whoever he calls, the answer is well-formed XML", async () => {
    const server = await startServer({ WEBHOOK_INVALID_PER_MINUTE: "1000000" });
    try {
      const r = new Random(seedOfRun());
      const pieces = ["]]>", "&", "<", ">", '"', "'", "&amp;", "&#0;", "<!--", "-->", "<?x", "\0", "\x01", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\ufffe", "\uffff", "\ud83d\udcde", "sip:", "+1508", "@x", "a", "1", " ", "\r\n", "\t", "%00", ";"];
      const word = (): string => Array.from({ length: 1 + r.below(6) }, () => r.pick(pieces)).join("");
      const answers = await Promise.all(Array.from({ length: 400 }, async (_, i) => {
        const To = i % 3 === 0 ? OWNED_NUMBER : i % 3 === 1 ? `sip:${word()}@x` : word();
        const answer = await post(server, "voice-inbound", { AccountSid: ACCOUNT_SID, CallSid: newCallSid(), From: i % 2 === 0 ? `sip:${word()}@x` : word(), To, CallStatus: "ringing", [word()]: word() });
        assert.equal(answer.status, 200);
        return answer.text();
      }));
      const parser = promisify(execFile)("python3", ["-c", "import json, sys, xml.dom.minidom as x; n = [x.parseString(t).documentElement.tagName for t in json.load(sys.stdin)]; print(len(n), set(n))"]);
      parser.child.stdin?.end(JSON.stringify(answers));
      assert.equal((await parser).stdout.trim(), "400 {'Response'}");
    } finally {
      await server.remove();
    }
  });

  it("F131: secrets are compared by a function that looks at every byte", async () => {
    const source = (path: string): Promise<string> => readFile(resolve(import.meta.dirname, "../../src", path), "utf8");
    const crypto = await source("base/crypto.c");
    assert.match(crypto, /bool bytes_eq_secret\(struct str a, struct str b\)\n\{\n[^}]*CRYPTO_memcmp/);
    const signature = await source("providers/twilio/signature.c");
    assert.match(signature, /hmac_end\([^;]*;\s*return bytes_eq_secret\(/);
    assert.match(signature, /return !str_is_none\(claimed\) && bytes_eq_secret\(/);
  });

  // Too noisy for every run: `make timing`.
  if (SAMPLES > 0)
    it("F131: a signature that is wrong in its first byte takes as long to refuse as one wrong in its last", async () => {
      const server = servers[0] as Server;
      const rq = { target: PATH, body: `AccountSid=${ACCOUNT_SID}&CallSid=${newCallSid()}&CallStatus=ringing`, type: "application/x-www-form-urlencoded" };
      const right = twilio.getExpectedTwilioSignature(AUTH_TOKEN, (BASES[0] ?? "") + PATH, { ...parse(rq.body) } as Record<string, string>);
      const other = (c: string | undefined): string => (c === "A" ? "B" : "A");
      const wrong = [other(right[0]) + right.slice(1), right.slice(0, 24) + other(right[24]) + right.slice(25)];
      const took: [number[], number[]] = [[], []];
      const r = new Random(seedOfRun());
      for (let i = 0; i < SAMPLES; i++) {
        const which = r.below(2) as 0 | 1;
        const began = process.hrtime.bigint();
        assert.equal((await send(server, { ...rq, signature: wrong[which] })).status, 403);
        took[which].push(Number(process.hrtime.bigint() - began));
      }
      const t = welch(...(took.map(lowerHalf) as [number[], number[]]));
      console.log(`# ${String(SAMPLES)} samples: t = ${t.toFixed(2)}`);
      assert.ok(Math.abs(t) < 4.5, `t = ${t.toFixed(2)}: they differ`); // the bound of dudect
    });
});
