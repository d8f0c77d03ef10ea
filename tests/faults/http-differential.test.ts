// The same bent bytes to us, to nginx and to Node: we see the same requests with the same bodies, or we
// refuse what they take. Never the other way round: what two servers on one connection read differently
// is how a request is smuggled past the first of them.
//
// Bodies are compared by signature: what Node read is signed as Twilio would sign it, with its digest in
// the URL, and our door then lets in that body and no other. MUTATIONS says how many; SEED repeats a run.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "node:querystring";
import { after, before, describe, it } from "node:test";
import twilio from "twilio";
import { DOOR, mutate, signatureHole, type Case } from "../lib/mutate.ts";
import { type Nginx, startNginx } from "../lib/nginx.ts";
import { Random, seedOfRun } from "../lib/random.ts";
import { converse, type Heard } from "../lib/raw.ts";
import { type Recorder, type Seen, startRecorder } from "../lib/recorder.ts";
import { ACCOUNT_SID, AUTH_TOKEN, type Server, startServer } from "../lib/server.ts";

const MUTATIONS = Number(process.env["MUTATIONS"] ?? 4000);
const AT_ONCE = 32;

/** What the parser refuses with; an answer of the application leaves the connection as it was. */
const REFUSALS = new Set([400, 403, 405, 408, 413, 414, 415, 417, 431, 501, 505]);

/** Where we take what a peer refuses, and why that is no disagreement on where a request ends. */
const ALLOWED: { why: string; is: (bytes: string) => boolean }[] = [
  { why: "Node hears no more on a connection that asks for an upgrade, which may be ignored (RFC 9110 7.8), as nginx does", is: (bytes) => /^upgrade:/im.test(bytes) },
  { why: "nginx decodes every path and refuses what it cannot; we answer it 400 or 404, as Node's users would", is: (bytes) => /^\S+ \S*(%(?![0-9a-f]{2})|%00|\.\.\/)/im.test(bytes) },
  { why: "a tab is a blank around a value (RFC 9110 5.6.3), to Node and to us; nginx refuses the value", is: (bytes) => /^(host|content-length|transfer-encoding):([ \t]*\t.*|.*\t[ \t]*)\r$/im.test(bytes) },
  { why: "Node refuses fields in a trailer that would change the framing; nginx and we drop them (RFC 9110 6.5.1)", is: (bytes) => /^0+\r\n(?:.+\r\n)*?(?:content-length|transfer-encoding|connection):/im.test(bytes) },
  { why: "nginx refuses Expect twice; to Node and to us it is a list of the one thing that we know", is: (bytes) => /^expect:[^]*^expect:/im.test(bytes) },
  { why: "of several Connection fields nginx obeys the last; we close when one says so, as Node does", is: (bytes) => (bytes.match(/^connection:/gim) ?? []).length > 2 },
  { why: "who says both keep-alive and close is closed upon, as by nginx; Node keeps what is HTTP/1.0", is: (bytes) => /^\S+ \S+ HTTP\/1\.0\r\n(?:.+\r\n)*?connection:.*(keep-alive.*close|close.*keep-alive)/im.test(bytes) },
  { why: "nginx takes any value of Connection for close that contains those letters", is: (bytes) => /^connection:.*(\wclose|close\w)/im.test(bytes) },
  { why: "nginx refuses a host that is a dot", is: (bytes) => /^host: ?\.\r$/im.test(bytes) },
  { why: "a higher minor version is served as HTTP/1.1 (RFC 9110 2.5), as by nginx", is: (bytes) => /^\S+ \S+ HTTP\/1\.[2-9]\r$/m.test(bytes) },
];

type Verdict = { ours: number[]; node: Seen[]; events: boolean[]; nginx: Seen[]; heads: number; refused: boolean };
type Finding = Case & Verdict & { index: number; what: string };

/** What is wrong, if anything. */
function judge({ ours, node, events, nginx, heads, refused }: Verdict): string | undefined {
  const n = refused ? ours.length - 1 : ours.length;
  if (n > heads) return `we saw ${String(n)} requests, nginx that reads only heads ${String(heads)}`;
  for (const [name, m] of Object.entries({ node: node.length, nginx: nginx.length })) {
    if (n > m) return `we saw ${String(n)} requests, ${name} ${String(m)}`;
    if (n < m && !refused) return `we saw ${String(n)} requests and refused nothing, ${name} ${String(m)}`;
  }
  for (let i = 0; i < n; i++) {
    const [a, b] = [node[i] as Seen, nginx[i] as Seen];
    if (!b.body || a.body?.equals(b.body) !== true || a.method !== b.method) return `request ${String(i + 1)} is not the same to node and nginx, and we took it`;
    if (events[i] !== (ours[i] === 204)) return `request ${String(i + 1)} is another one to us (${String(ours[i])})`;
  }
  return undefined;
}

function tell({ index, how, what, bytes, ours, node, nginx, heads }: Finding): string {
  const seen = (of: Seen[]): string => of.map(({ method, target }) => `${method} ${JSON.stringify(target.slice(0, 60))}`).join(", ");
  return `${String(index)}: ${what} (bent: ${how.join(", ")})
  us: ${ours.join(" ")}; heads: ${String(heads)}; node: ${seen(node)}; nginx: ${seen(nginx)}
  ${JSON.stringify(bytes.slice(0, 500))}
  ${Buffer.from(bytes, "latin1").toString("hex").slice(0, 2000)}`;
}

describe("HTTP as others read it", () => {
  let server: Server;
  let node: Recorder;
  let backend: Recorder;
  let nginx: Nginx;
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "hookswitch-peers-"));
    const socket = join(directory, "backend");
    server = await startServer({ WEBHOOK_INVALID_PER_MINUTE: "1000000" });
    node = await startRecorder();
    backend = await startRecorder(socket, "x-client-port");
    const limits = "large_client_header_buffers 8 64k; client_header_buffer_size 64k; keepalive_timeout 60s;";
    nginx = await startNginx([
      `${limits} location / { proxy_pass http://unix:${socket}:; proxy_set_header X-Client-Port "$remote_port $connection"; proxy_ignore_client_abort on; }`,
      `${limits} location / { return 200; }`,
    ]);
  });
  after(async () => {
    await Promise.all([server.remove(), nginx.stop(), node.close(), backend.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  /** The bytes for us, and which requests our door must let in: those that Node has read whole, with the
   * account in the body. Each is signed for the body that Node has read. */
  function sign(bytes: string, seen: Seen[]): { signed: string; events: boolean[] } {
    let signed = bytes;
    const events = seen.map(({ method, target, signature, body }) => {
      const hole = /[?&]bodySHA256=((\d)\2{63})$/.exec(target);
      if (!hole?.[1] || !body) return false;
      const digest = createHash("sha256").update(body).digest("hex");
      const ours = twilio.getExpectedTwilioSignature(AUTH_TOKEN, server.url + target.replace(hole[1], digest), {});
      signed = signed.replaceAll(hole[1], digest).replaceAll(signatureHole(Number(hole[2])), ours);
      const path = target.replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*/s, "");
      return method === "POST" && path === DOOR && signature === signatureHole(Number(hole[2])) && parse(body.toString("latin1"))["AccountSid"] === ACCOUNT_SID;
    });
    return { signed, events };
  }

  async function ask(bytes: string): Promise<Verdict> {
    const talk = (port: number): Promise<Heard> => converse(port, bytes, Infinity, true);
    const [direct, proxied, returned] = await Promise.all([talk(node.port), talk(nginx.ports[0] ?? 0), talk(nginx.ports[1] ?? 0)]);
    const seen = node.seen(direct.localPort).filter(({ body }) => body !== null);
    const { signed, events } = sign(bytes, seen);
    const ours = await converse(server, signed, Infinity, true);
    const statuses = ours.statuses.filter((status) => status !== 100);
    return {
      ours: statuses,
      node: seen,
      events,
      nginx: backend.seen(proxied.localPort),
      heads: returned.statuses.filter((status) => status === 200).length,
      refused: REFUSALS.has(statuses.at(-1) ?? 0) && /\r\nConnection: close\r\n/.test(ours.text.split(/HTTP\/1\.1 \d{3} /).at(-1) ?? ""),
    };
  }

  async function run(cases: Case[]): Promise<Finding[]> {
    const findings: Finding[] = [];
    const tally = { agreed: 0, stricter: 0, proven: 0 };
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < cases.length; index = next++) {
        const of = cases[index] as Case;
        const verdict = await ask(of.bytes);
        const what = judge(verdict);
        tally[verdict.refused ? "stricter" : "agreed"] += 1;
        tally.proven += verdict.ours.filter((status) => status === 204).length;
        if (what !== undefined && !ALLOWED.some(({ is }) => is(of.bytes))) findings.push({ ...of, ...verdict, index, what });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    console.log(`# ${String(cases.length)} connections: ${String(tally.agreed)} read alike, ${String(tally.stricter)} refused; ${String(tally.proven)} bodies proven by signature`);
    // Else the requests are so bent that nothing is compared.
    assert.ok(tally.agreed > cases.length / 8 && tally.proven > cases.length / 8, JSON.stringify(tally));
    return findings;
  }

  it("F097 F098 F100 F102 F114: what nginx and Node read of bent bytes, we read too, or we refuse it", async () => {
    const r = new Random(seedOfRun());
    const findings = await run(Array.from({ length: MUTATIONS }, () => mutate(r)));
    assert.equal(findings.length, 0, `${String(findings.length)} of ${String(MUTATIONS)}:\n${findings.slice(0, 10).map(tell).join("\n\n")}`);
  });
});
