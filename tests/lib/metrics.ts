// The page that Prometheus reads.
import assert from "node:assert/strict";
import type { Server } from "./server.ts";

/** For METRICS_TOKEN of the server. */
export const METRICS_TOKEN = "the-token-of-the-metrics";

export async function scrape(server: Server): Promise<string> {
  const answer = await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  return answer.text();
}

/** Of a series with its labels, as they are written; undefined: it is not there. */
export function value(page: string, series: string): number | undefined {
  const line = page.split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
