// What the system lets a process have, changed while it runs.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Server } from "./server.ts";

/** Its soft limit from now on: `fsize` 0 is a full disk, a small `nofile` a lack of descriptors. */
export async function limit(server: Server, resource: "fsize" | "nofile", value: number | "unlimited"): Promise<void> {
  await promisify(execFile)("prlimit", ["--pid", String(server.pid()), `--${resource}=${String(value)}:`]);
}

/** Bounds on memory say nothing about a binary with a sanitizer, which keeps what was freed. */
export const MEMORY_TELLS = process.env["ASAN_OPTIONS"] === undefined;

/** Memory of the server in MB. */
export async function residentMegabytes(server: Server): Promise<number> {
  const status = await readFile(`/proc/${String(server.pid())}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
