// What a load balancer is told.
import type { Server } from "./server.ts";
import { until } from "./wait.ts";

export async function isHealthy(server: Server): Promise<boolean> {
  return (await fetch(`${server.url}/health`)).ok;
}

export function healthIs(server: Server, wanted: "green" | "red"): Promise<boolean> {
  return until(`health is ${wanted}`, async () => ((await isHealthy(server)) === (wanted === "green") ? true : undefined));
}
