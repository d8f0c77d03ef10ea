// Requests as nobody should send them: valid ones with something bent, a few thousand kinds of it.
//
// A case is one connection's bytes: one request, or two pipelined ones, and a last one that is always
// valid. If two servers disagree on where a request ends, they see another last one, or none.
// Bytes are kept as latin1 text.
import type { Random } from "./random.ts";

export type Case = { bytes: string; how: string[] };

type Bent = {
  method: string;
  target: string;
  version: string;
  /** Whole lines with their ends. */
  fields: string[];
  body: string;
  end: string;
};

const CRLF = "\r\n";
export const LAST = `GET /health?last HTTP/1.1${CRLF}Host: x${CRLF}Connection: close${CRLF}${CRLF}`;
export const DOOR = "/webhooks/twilio/voice-status";

/** What stands for the digest of request i's body and for its signature, until they are known. */
export function digestHole(i: number): string {
  return String(i).repeat(64);
}
export function signatureHole(i: number): string {
  return `${String(i).repeat(27)}=`;
}

const SMUGGLED = `${CRLF}${CRLF}GET /api/me HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`;
const EVENT = "AccountSid=AC00112233445566778899aabbccddeeff&CallSid=CA0123456789abcdef0123456789abcdef&CallStatus=ringing&SequenceNumber=1&Timestamp=Fri%2C+12+Mar+2027+16%3A29%3A59+%2B0000";

function eventBody(r: Random): string {
  return EVENT + r.pick(["", "&Pad=", `&Pad=${"x".repeat(r.below(300))}`, `&Pad=${SMUGGLED}`, "&Pad=0\r\n\r\n", "&Pad=5\r\nhello\r\n0\r\n\r\n"]);
}

function inChunks(r: Random, body: string): string {
  let coded = "";
  for (let at = 0; at < body.length; ) {
    const n = 1 + r.below(body.length - at);
    coded += n.toString(16) + CRLF + body.slice(at, at + n) + CRLF;
    at += n;
  }
  return `${coded}0${CRLF}${CRLF}`;
}

function lines(...fields: string[]): string[] {
  return fields.map((field) => field + CRLF);
}

const VALID: ((r: Random, i: number) => Bent)[] = [
  () => ({ method: "GET", target: "/health", version: "HTTP/1.1", fields: lines("Host: x", "Accept: */*"), body: "", end: CRLF }),
  (r, i) => {
    const body = eventBody(r);
    const fields = lines("Host: x", `X-Twilio-Signature: ${signatureHole(i)}`, `Content-Length: ${String(body.length)}`);
    return { method: "POST", target: `${DOOR}?n=${String(r.below(9))}&bodySHA256=${digestHole(i)}`, version: "HTTP/1.1", fields, body, end: CRLF };
  },
  (r, i) => {
    const fields = lines("Host: x", `X-Twilio-Signature: ${signatureHole(i)}`, "Transfer-Encoding: chunked");
    return { method: "POST", target: `${DOOR}?bodySHA256=${digestHole(i)}`, version: "HTTP/1.1", fields, body: inChunks(r, eventBody(r)), end: CRLF };
  },
];

// --- ways of bending -----------------------------------------------------------------------------

type Bend = (r: Random, b: Bent) => void;

const ODD_BYTES = ["\0", "\x01", "\t", "\n", "\r", "\x0b", "\x0c", " ", "\x7f", "\x80", "\xa0", "\xff", ":", ",", ";", '"', "\\", "#", "%", "@"];

function insert(r: Random, into: string, what: string): string {
  const at = r.below(into.length + 1);
  return into.slice(0, at) + what + into.slice(at);
}

function add(r: Random, b: Bent, line: string): void {
  b.fields.splice(r.below(b.fields.length + 1), 0, line + CRLF);
}

function find(b: Bent, name: string): number {
  return b.fields.findIndex((field) => field.toLowerCase().startsWith(name));
}

function setField(b: Bent, name: string, line: string): void {
  const at = find(b, name);
  if (at < 0) b.fields.push(line + CRLF);
  else b.fields[at] = line + CRLF;
}

function bendField(r: Random, b: Bent, bend: (line: string) => string): void {
  const at = r.below(b.fields.length);
  b.fields[at] = bend(b.fields[at] ?? "");
}

function lengths(r: Random, n: number): string {
  const odd = [n, n + 1, n - 1, 0, `+${String(n)}`, `-${String(n)}`, `0${String(n)}`, `000000000000000000000${String(n)}`, `0x${n.toString(16)}`, `${String(n)},${String(n)}`, `${String(n)}, ${String(n + 1)}`, `${String(n)} ${String(n)}`, `${String(n)};`, `${String(n)}.0`, "1e1", "", " ", `"${String(n)}"`, `\x0b${String(n)}`, `${String(n)}\x0c`, `${String(n)}\0`, "18446744073709551616", String(2n ** 64n + BigInt(n)), "9223372036854775808", "chunked", "\xb2"];
  return String(r.pick(odd));
}

const CODINGS = ["chunked", "Chunked", "CHUNKED", "chunked, chunked", "identity", "gzip, chunked", "chunked, gzip", "chunked, identity", "identity, chunked", "xchunked", "chunkedx", "\x0bchunked", "chunked\x0c", '"chunked"', "chunked;q=1", ",chunked", "chunked,", ", ,chunked", "", "chun\tked", "chunked\0", "\xa0chunked", "compress", "x"];
const LENGTH_NAMES = ["Content-Length", "content-length", "CONTENT-LENGTH", "Content_Length", "Content-Length ", "Content-Length\t", " Content-Length", "Content-Length\0", "Content\xadLength", "X-Content-Length"];
const CODING_NAMES = ["Transfer-Encoding", "transfer-encoding", "TRANSFER-ENCODING", "Transfer_Encoding", "Transfer-Encoding ", "Transfer-Encoding\t", " Transfer-Encoding", "Transfer-Encoding\x0b", "TE", "X-Transfer-Encoding"];
const HOSTS = ["", "x", "x:80", "x:", "x:99999", "x:-1", "x:8a", "a@b", "a,b", "a b", "[::1]", "[::1]:80", "[::1", "127.0.0.1", "x/y", "x?y", "x#y", "x\\y", "xn--d1abbgf6aiiy", "\xe4.example", "x.", ".", "%41", "a_b", "*", "x\tx", "http://x"];
const VERSIONS = ["HTTP/1.0", "HTTP/1.1", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "http/1.1", "HTTP/1.1 ", " HTTP/1.1", "HTTP/01.1", "HTTP/1.01", "HTTP/1.10", "HTTP/11.1", "HTTP/1", "HTTP/1.", "HTTP 1.1", "HTTP/1,1", "HTTPS/1.1", "ICE/1.0", "RTSP/1.0", "", "HTTP/1.1\t", "HTTP/1.1x", "HTTP/+1.1"];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "Post", "FOO", "M-SEARCH", "GET\t", "G\0ET", "GE T", "", " GET", "PROPFIND", "LOCK", "SOURCE", "X".repeat(40), "POST\xff", "GE\xd4T"];
const CONNECTIONS = ["close", "Close", "keep-alive", "close, keep-alive", "keep-alive, close", "upgrade", "close, x", "Content-Length", "Transfer-Encoding", "Host", "x", "", ",", "close\x0b", "xclose"];
const UPGRADES = ["websocket", "h2c", "HTTP/2.0", "TLS/1.0", "x", ""];
const EXPECTATIONS = ["100-continue", "100-Continue", "200-ok", "", "100-continue, x", "100 continue", "100-continue;x"];

function targets(r: Random, target: string): string {
  return r.pick([
    `http://x${target}`, `HTTP://x${target}`, `https://x${target}`, `http://other:81${target}`, `http://a@b${target}`, `http://${target}`, `http:///x`, `http:x`, `ftp://x${target}`, `//x${target}`,
    "*", "x", "x:80", "?x", "", `${target}#x`, `${target} `, ` ${target}`, `${target}\t`, `/ ${target}`, `/..${target}`, `/%2e%2e/..${target}`, `/.${target}`, `${target}%`, `${target}%zz`, `${target}%00`, `${target}\0`,
    `${target}\xff`, `${target}\x7f`, `${target}\\`, `${target}|`, `${target}"<>`, `${target}^{}`, `/${"a".repeat(r.pick([100, 4000, 9000]))}`, "/\r", "/\n", "\\health", "http://x", "http://x?y", "http://[::1]/health", "http://[::1/health", "http://x:8a/health", "http://x#/health",
  ]);
}

function sizes(r: Random, digits: string): string {
  return r.pick([
    digits.toUpperCase(), `0${digits}`, `${"0".repeat(r.pick([5, 7, 15, 300]))}${digits}`, `0x${digits}`, `+${digits}`, `-${digits}`, ` ${digits}`, `${digits} `, `${digits}\t`, `${digits};`, `${digits};a=b`, `${digits};a="b"`, `${digits};a="\\""`, `${digits} ;a`,
    `${digits}; a = b`, `${digits};\0`, `${digits};a\nb`, `${digits};a\rb`, `${digits};${"x".repeat(r.pick([10, 3000]))}`, `${digits},`, `${digits}g`, `${digits}.0`, "", ";", "g", `${digits}\x0b`, `${digits}\0`, `${digits}\xff`,
    (parseInt(digits, 16) + 1).toString(16), Math.max(0, parseInt(digits, 16) - 1).toString(16), "ffffffff", "7fffffff", "100000000", "ffffffffffffffff", "10000000000000000", `1000000000000000${digits}`, `1${digits.padStart(16, "0")}`,
  ]);
}

/** One line of the coded body, which may also be one of its data. */
function bendChunk(r: Random, b: Bent): void {
  const parts = b.body.split(CRLF);
  const hex = parts.flatMap((part, i) => (/^[0-9a-f]{1,4}$/.test(part) ? [i] : []));
  if (hex.length === 0) return;
  const at = r.pick(hex);
  parts[at] = sizes(r, parts[at] ?? "");
  b.body = parts.join(CRLF);
}

const TRAILERS = ["X: y", "X:", ": y", "X : y", "X", " X: y", "X: a\r\n b", "X: a\nY: b", "X: \0", "Content-Length: 5", "Transfer-Encoding: chunked", "Host: z", "Connection: close", `X: ${"y".repeat(2000)}`];

const BENDS: Record<string, Bend> = {
  length: (r, b) => { setField(b, "content-length", `${r.chance(70) ? "Content-Length" : r.pick(LENGTH_NAMES)}: ${lengths(r, b.body.length)}`); },
  "second length": (r, b) => { add(r, b, `${r.pick(LENGTH_NAMES)}:${r.pick(["", " ", "\t", "  "])}${r.chance(30) ? String(b.body.length) : lengths(r, b.body.length)}`); },
  coding: (r, b) => { setField(b, "transfer-encoding", `${r.chance(70) ? "Transfer-Encoding" : r.pick(CODING_NAMES)}:${r.pick([" ", "", "\t"])}${r.pick(CODINGS)}`); },
  "second coding": (r, b) => { add(r, b, `${r.pick(CODING_NAMES)}: ${r.pick(CODINGS)}`); },
  unframed: (_, b) => { b.fields = b.fields.filter((field) => !/^(content-length|transfer-encoding)/i.test(field)); },
  chunk: bendChunk,
  "chunk end": (r, b) => { b.body = b.body.replace(/\r\n0\r\n\r\n$/, () => r.pick(["\n0\r\n\r\n", "0\r\n\r\n", "\r\n0\n\r\n", "\r\n0\r\n\n", "\r\n0\r\n", "\r\n0", "\r\n00000\r\n\r\n", "\r\n0\r\r\n\r\n", "\r\n0;x\r\n\r\n", "\r\n0\r\n\r\r\n", "x\r\n0\r\n\r\n", "\r\n\r\n", "\r0\r\n\r\n", "\r\n-0\r\n\r\n"])); },
  trailer: (r, b) => { b.body = b.body.replace(/0\r\n\r\n$/, () => `0${CRLF}${r.pick(TRAILERS)}${CRLF}${r.chance(20) ? r.pick(TRAILERS) + CRLF : ""}${CRLF}`); },
  "body cut": (r, b) => { b.body = b.body.slice(0, r.below(b.body.length + 1)); },
  "body longer": (r, b) => { b.body += r.pick([CRLF, "\n", "x", "\0", CRLF + CRLF, SMUGGLED, "0\r\n\r\n"]); },
  "body odd": (r, b) => { b.body = insert(r, b.body, r.pick(ODD_BYTES)); },
  fold: (r, b) => { bendField(r, b, (line) => line.replace(CRLF, r.pick(["\r\n x\r\n", "\r\n\tx\r\n", "\r\n \r\n", "\n x\r\n"]))); },
  "fold of the first": (r, b) => { b.fields[0] = r.pick([" ", "\t"]) + (b.fields[0] ?? ""); },
  "before the colon": (r, b) => { bendField(r, b, (line) => line.replace(":", r.pick([" :", "\t:", "\0:", "\x0b:", "::", "", " ", "\r:", "\n:", "\xa0:", "(:", "/:", "@:", "[:", "{:"]))); },
  "behind the colon": (r, b) => { bendField(r, b, (line) => line.replace(/: ?/, () => `:${r.pick(["", "  ", "\t", "\x0b", "\x0c", "\0", "\r", "\n", "\xa0", "\t \t", "\x85"])}`)); },
  "end of a line": (r, b) => { bendField(r, b, (line) => line.replace(CRLF, r.pick(["\n", "\r", "\r\r\n", "\n\r", " \r\n", "\t\r\n", "\0\r\n", "\r\n\r\n", "\x0b\r\n", "\n\n", ""]))); },
  "all ends": (r, b) => { const end = r.pick(["\n", "\r", "\r\r\n"]); b.fields = b.fields.map((line) => line.replace(CRLF, end)); if (r.chance(50)) b.end = end; },
  "end of the head": (r, b) => { b.end = r.pick(["\n", "\r", "", "\r\r\n", "\n\r\n", "\r\n\r\n", " \r\n", "\0\r\n"]); },
  "odd in a field": (r, b) => { bendField(r, b, (line) => insert(r, line, r.pick(ODD_BYTES))); },
  "odd anywhere": (r, b) => { const part = r.pick(["method", "target", "version"] as const); b[part] = insert(r, b[part], r.pick(ODD_BYTES)); },
  "a field twice": (r, b) => { const line = r.pick(b.fields); b.fields.splice(r.below(b.fields.length + 1), 0, line); },
  "a field less": (r, b) => { b.fields.splice(r.below(b.fields.length), 1); },
  "no name": (r, b) => { add(r, b, r.pick([": x", ":", "x", "", " ", "\0", "x x: y", "(x): y", '"x": y', "x\xff: y", "GET / HTTP/1.1", "\xef\xbb\xbfX: y"])); },
  host: (r, b) => { setField(b, "host", `Host:${r.pick([" ", ""])}${r.pick(HOSTS)}`); },
  "second host": (r, b) => { add(r, b, `${r.pick(["Host", "host", "HOST", "Host ", "X-Forwarded-Host"])}: ${r.pick(HOSTS)}`); },
  target: (r, b) => { b.target = targets(r, b.target); },
  version: (r, b) => { b.version = r.pick(VERSIONS); },
  method: (r, b) => { b.method = r.pick(METHODS); },
  connection: (r, b) => { add(r, b, `Connection: ${r.pick(CONNECTIONS)}`); },
  upgrade: (r, b) => { add(r, b, `Upgrade: ${r.pick(UPGRADES)}`); if (r.chance(70)) add(r, b, "Connection: Upgrade"); if (r.chance(30)) add(r, b, "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"); },
  expect: (r, b) => { add(r, b, `Expect: ${r.pick(EXPECTATIONS)}`); },
  encoding: (r, b) => { add(r, b, `Content-Encoding: ${r.pick(["gzip", "identity", "", "br", "deflate, gzip"])}`); },
  many: (r, b) => { const n = r.pick([50, 95, 150, 700]); for (let i = 0; i < n; i++) b.fields.push(`X-${String(i)}: y${CRLF}`); },
  large: (r, b) => { add(r, b, `X: ${"y".repeat(r.pick([1000, 8000, 15_000, 20_000]))}`); },
  "lines before": (r, b) => { b.method = r.pick(["\r\n", "\n", "\r\n\r\n", "\r", " ", "\0", "\t", "\r\n \r\n"]) + b.method; },
  override: (r, b) => { add(r, b, `${r.pick(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"])}: ${r.pick(METHODS)}`); },
  forwarded: (r, b) => { add(r, b, `${r.pick(["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])}: ${r.pick(["127.0.0.1", "for=x", "/api/me", "https"])}`); },
};

function write(b: Bent): string {
  return `${b.method} ${b.target} ${b.version}${CRLF}${b.fields.join("")}${b.end}${b.body}`;
}

function bentRequest(r: Random, i: number, how: string[]): string {
  const b = r.pick(VALID)(r, i);
  const times = r.pick([0, 1, 1, 1, 1, 2, 2, 3]);
  for (let k = 0; k < times; k++) {
    const name = r.pick(Object.keys(BENDS));
    how.push(name);
    BENDS[name]?.(r, b);
  }
  const text = write(b);
  if (!r.chance(8)) return text;
  how.push("any byte");
  const at = r.below(Math.min(text.length, 600));
  return text.slice(0, at) + r.pick([...ODD_BYTES, ""]) + text.slice(at + r.below(2));
}

export function mutate(r: Random): Case {
  const how: string[] = [];
  const n = r.chance(30) ? 2 : 1;
  let bytes = "";
  for (let i = 1; i <= n; i++) bytes += bentRequest(r, i, how);
  return { bytes: bytes + LAST, how };
}
