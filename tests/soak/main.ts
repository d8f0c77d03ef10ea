// Mixed traffic for a long time: nothing may grow, and at its end the auditor must find nothing.
//     make soak                     30 minutes on SQLite; SOAK_MINUTES, SOAK_RATE, SOAK_CLIENTS change it
//     STORE=postgres make soak
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../lib/server.ts";
import { audit, settled } from "../lib/settled.ts";
import { Notes } from "./notes.ts";
import { growths, type Sample, sample } from "./samples.ts";
import { CLIENTS, EVENTS_PER_SECOND, MINUTES, SAMPLE_EVERY_MS } from "./settings.ts";
import { Traffic } from "./traffic.ts";
import { Watchers } from "./watchers.ts";

const directory = await mkdtemp(join(tmpdir(), "hookswitch-soak-"));
const notes = new Notes(join(directory, "acks"));
// A page cache fills as the data grow, and would hide a leak: here it is full after a minute.
const server = await startServer({ LOG_LEVEL: "error", SQLITE_CACHE_MB: "2" });
const watchers = new Watchers(server, notes, CLIENTS);
const traffic = new Traffic(server, notes, EVENTS_PER_SECOND);
const samples: Sample[] = [];
const started = Date.now();
const faults: string[] = [];

function row(words: (string | number)[]): void {
  console.log(words.map((word) => (typeof word === "number" ? word.toFixed(1) : word).padStart(9)).join(" "));
}

row(["s", "events/s", "rss MB", "fds", "wal MB", "p50 ms", "p99 ms", "seen", "joined"]);
while (Date.now() - started < MINUTES * 60_000) {
  const from = Date.now();
  await new Promise((next) => setTimeout(next, SAMPLE_EVERY_MS));
  const s = await sample(server, traffic.takeLatencies(), (Date.now() - from) / 1000);
  samples.push(s);
  row([String(Math.round((Date.now() - started) / 1000)), s.rate, s.rss, String(s.descriptors), s.wal, s.p50, s.p99, String(watchers.seen), String(watchers.connections)]);
}

try {
  await traffic.end();
  const { feed, inbox } = await settled(server);
  await watchers.end(feed.last_seq, notes);
  await notes.close();
  console.log(JSON.stringify({ ...traffic.counts, acknowledged: notes.acknowledged, dead_letters: inbox.dead_letter, resyncs: watchers.resyncs, refused_streams: watchers.refused }));
  if (traffic.counts.failed > 0) faults.push(`${String(traffic.counts.failed)} requests had another answer than they should`);
  if (inbox.dead_letter !== traffic.counts.poison) faults.push(`${String(traffic.counts.poison)} poisoned events, ${String(inbox.dead_letter)} dead letters`);
  faults.push(...growths(samples));
  console.log((await audit(server, notes.path)).trim());
} catch (failure) {
  faults.push(failure instanceof Error ? failure.message : String(failure));
} finally {
  await server.remove();
  await rm(directory, { recursive: true, force: true });
}
console.log(faults.length === 0 ? "soak: nothing grew, nothing is lost" : faults.map((fault) => `soak: ${fault}`).join("\n"));
process.exit(faults.length === 0 ? 0 : 1);
