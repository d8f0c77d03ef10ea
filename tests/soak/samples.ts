// What is measured every few seconds, and whether it grows.
import { readdir, stat } from "node:fs/promises";
import type { Server } from "../lib/server.ts";
import { residentMegabytes } from "../lib/system.ts";
import { TOLERANCE } from "./settings.ts";

export type Sample = { rss: number; descriptors: number; wal: number; p50: number; p99: number; rate: number };
type Judged = keyof typeof TOLERANCE;

/** The write-ahead log of SQLite in MB; PostgreSQL looks after its own. */
async function walMegabytes(server: Server): Promise<number> {
  const url = server.env["DATABASE_URL"] ?? "";
  if (!url.startsWith("sqlite:")) return 0;
  const { size } = await stat(`${url.slice("sqlite:".length)}-wal`).catch(() => ({ size: 0 }));
  return size / (1024 * 1024);
}

export async function sample(server: Server, latencies: number[], seconds: number): Promise<Sample> {
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    rss: await residentMegabytes(server),
    descriptors: (await readdir(`/proc/${String(server.pid())}/fd`)).length,
    wal: await walMegabytes(server),
    p50: at(0.5),
    p99: at(0.99),
    rate: latencies.length / seconds,
  };
}

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** What grew: the median of the last third lies above that of the middle third by more than is tolerated. */
export function growths(samples: Sample[]): string[] {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  return (Object.keys(TOLERANCE) as Judged[]).flatMap((what) => {
    const before = median(middle.map((s) => s[what]));
    const after = median(last.map((s) => s[what]));
    const allowed = Math.max(before * TOLERANCE[what].share, TOLERANCE[what].amount);
    return after - before > allowed ? [`${what} grows: ${before.toFixed(1)} in the middle third, ${after.toFixed(1)} in the last`] : [];
  });
}
