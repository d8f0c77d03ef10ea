// The HTTP door as an attacker knocks: through a raw socket, against the real server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { get, type InboxPage } from "../lib/api.ts";
import { converse } from "../lib/raw.ts";
import { API_KEY, type Server, startServer } from "../lib/server.ts";

const HOST = "Host: x\r\n";
const GET = "GET /health HTTP/1.1\r\n";
const POST = `POST /webhooks/twilio/voice-status HTTP/1.1\r\n${HOST}`;
const API = `POST /api/events/reprocess HTTP/1.1\r\n${HOST}`;
const SIGNED = `X-Twilio-Signature: ${"A".repeat(27)}=\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

/** Each is answered once, with this status, and the connection is closed: nothing behind it is read as a request. */
const REFUSED: [string, number, string][] = [
  ["a length and a coding", 400, `${POST}Content-Length: 5\r\n${CHUNKED}0\r\n\r\n`],
  ["a coding and a length", 400, `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
  ["two lengths", 400, `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ["the same length twice", 400, `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ["a length with a sign", 400, `${POST}Content-Length: +5\r\n\r\nhello`],
  ["a negative length", 400, `${POST}Content-Length: -5\r\n\r\nhello`],
  ["a hexadecimal length", 400, `${POST}Content-Length: 0x5\r\n\r\nhello`],
  ["a list of lengths", 400, `${POST}Content-Length: 5,5\r\n\r\nhello`],
  ["a length beyond 64 bits", 400, `${POST}Content-Length: 99999999999999999999\r\n\r\n`],
  ["an empty length", 400, `${POST}Content-Length:\r\n\r\n`],
  ["two codings", 400, `${POST}Transfer-Encoding: chunked\r\n${CHUNKED}0\r\n\r\n`],
  ["a list of codings", 501, `${POST}Transfer-Encoding: chunked, identity\r\n\r\n`],
  ["a coding behind a vertical tab", 400, `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ["a coding in HTTP/1.0", 400, `POST /x HTTP/1.0\r\n${HOST}${CHUNKED}0\r\n\r\n`],
  ["a chunk size with 0x", 400, `${API}${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size that ends in LF", 400, `${API}${CHUNKED}5\nhello\r\n0\r\n\r\n`],
  ["a chunk longer than told", 400, `${API}${CHUNKED}5\r\nhelloX\r\n0\r\n\r\n`],
  ["a chunk of 1 TB", 400, `${API}${CHUNKED}ffffffffff\r\n`],
  ["a folded line", 400, `${GET}${HOST}X: a\r\n b\r\n\r\n`],
  ["a blank before the colon", 400, `${GET}Host : x\r\n\r\n`],
  ["NUL in a value", 400, `${GET}${HOST}X: a\0b\r\n\r\n`],
  ["NUL in a name", 400, `${GET}${HOST}X\0: b\r\n\r\n`],
  ["a bare CR", 400, `${GET}${HOST}X: a\rb\r\n\r\n`],
  ["bare LFs", 400, "GET /health HTTP/1.1\nHost: x\n\n"],
  ["no host", 400, `${GET}\r\n`],
  ["two hosts", 400, `${GET}${HOST}${HOST}\r\n`],
  ["a host with a user", 400, `${GET}Host: a@b\r\n\r\n`],
  ["a target with a user", 400, `GET http://a@b/health HTTP/1.1\r\n${HOST}\r\n`],
  ["a fragment", 400, `GET /health#x HTTP/1.1\r\n${HOST}\r\n`],
  ["HTTP/0.9", 400, "GET /health\r\n"],
  ["the preface of HTTP/2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a TLS hello", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"],
  ["noise", 400, "\xff\xfe\x00\x01".repeat(100)],
  ["HTTP/2.0 in a line", 505, `GET /health HTTP/2.0\r\n${HOST}\r\n`],
  ["TRACE", 405, `TRACE / HTTP/1.1\r\n${HOST}\r\n`],
  ["CONNECT", 405, `CONNECT x:80 HTTP/1.1\r\n${HOST}\r\n`],
  ["a header of 70 KB", 431, `${GET}${HOST}X: ${"a".repeat(70_000)}\r\n\r\n`],
  ["10,000 headers", 431, `${GET}${HOST}${"a: b\r\n".repeat(10_000)}\r\n`],
  ["a target of 1 MB", 414, `GET /${"a".repeat(1_000_000)} HTTP/1.1\r\n${HOST}\r\n`],
  ["a body over the limit", 413, `${API}Content-Length: 70000000\r\n\r\n`],
  ["chunks over the limit", 413, `${API}${CHUNKED}7fffffff\r\n`],
  ["small chunks over the limit", 413, `${API}${CHUNKED}${`ffff\r\n${"x".repeat(0xffff)}\r\n`.repeat(17)}`],
  ["a webhook over the limit", 413, `${POST}${SIGNED}Content-Length: 65537\r\n\r\n`],
  ["chunks of a webhook over the limit", 413, `${POST}${SIGNED}${CHUNKED}8001\r\n${"x".repeat(0x8001)}\r\n8000\r\n`],
  ["a webhook without a signature", 403, `${POST}Content-Length: 5\r\n\r\nhello`],
  ["a webhook with an empty signature", 403, `${POST}X-Twilio-Signature: \r\nContent-Length: 5\r\n\r\nhello`],
  ["a webhook with two signatures", 403, `${POST}${SIGNED}${SIGNED}Content-Length: 5\r\n\r\nhello`],
  ["a compressed body", 415, `${POST}${SIGNED}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`],
  ["an expectation that nobody has", 417, `${GET}${HOST}Expect: miracles\r\n\r\n`],
];

describe("the HTTP door", () => {
  let server: Server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  it("F097 F098 F100 F106 F107 F108 F110 F113 F114 F118: refuses what two parsers could read differently, once, and closes", async () => {
    const heard = await Promise.all(REFUSED.map(([, , bytes]) => converse(server, bytes)));
    assert.deepEqual(
      heard.map(({ statuses, closed }, i) => [REFUSED[i]?.[0], statuses, closed]),
      REFUSED.map(([name, status]) => [name, [status], true]),
    );
  });

  it("F102: never runs a request that hides in a body", async () => {
    const hidden = `GET /api/me HTTP/1.1\r\n${HOST}Authorization: Bearer ${API_KEY}\r\n\r\n`;
    const { statuses, text } = await converse(server, `${API}Connection: close\r\nContent-Length: ${String(hidden.length)}\r\n\r\n${hidden}`);
    assert.deepEqual(statuses, [401]);
    assert.ok(!text.includes("rights"));
  });

  it("F111: answers what is pipelined, in order, and who has half closed", async () => {
    const request = `${GET}${HOST}\r\n`;
    assert.deepEqual((await converse(server, request.repeat(20), 20)).statuses, Array<number>(20).fill(200));
    assert.deepEqual((await converse(server, request, Infinity, true)).statuses, [200]);
    assert.deepEqual((await converse(server, `${API}Content-Length: 10\r\n\r\nhalf`, Infinity, true)).statuses, []);
  });

  for (const override of ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])
    it(`F113: is not talked into another method by ${override}`, async () => {
      const asked = (target: string): string => `POST ${target} HTTP/1.1\r\n${HOST}${override}: GET\r\nAuthorization: Bearer ${API_KEY}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
      for (const target of ["/api/me", `/api/me?${override}=GET`]) assert.deepEqual((await converse(server, asked(target))).statuses, [405], target);
    });

  it("F135: reads no JSON that is deeper, wider or longer than it should be, and goes on", async () => {
    const members = Array.from({ length: 100_000 }, (_, i) => `"${String(i)}":1`).join(",");
    const bodies: [string, number][] = [
      ["[".repeat(1_000_000), 400],
      ["[".repeat(100_000) + "]".repeat(100_000), 400],
      [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, 400],
      [`{${members}}`, 400],
      [`{"ids":["${"x".repeat(1_000_000)}"]}`, 400],
      [`{"ids":["${"x".repeat(10_000_000)}"]}`, 413],
    ];
    for (const [body, status] of bodies) {
      const head = `${API}Authorization: Bearer ${API_KEY}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${String(body.length)}\r\n\r\n`;
      assert.deepEqual((await converse(server, head + body)).statuses, [status], body.slice(0, 40));
    }
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
  });

  it("F107 F110: has kept nothing of all that, and said little", async () => {
    assert.equal((await get<InboxPage>(server, "/api/events")).total, 0);
    assert.ok(server.output().split("\n").length < 40, server.output());
  });
});
