// What the system lets a process have, changed while it runs.
import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Server } from "./server.ts";

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Debian builds

/** Its soft limit from now on: `fsize` 0 is a full disk, a small `nofile` a lack of descriptors. */
export async function limit(server: { pid: () => number }, resource: "fsize" | "nofile", value: number | "unlimited"): Promise<void> {
  await promisify(execFile)("prlimit", ["--pid", String(server.pid()), `--${resource}=${String(value)}:`]);
}

/** Bounds on memory say nothing about a binary with a sanitizer, which keeps what was freed. */
export const MEMORY_TELLS = process.env["ASAN_OPTIONS"] === undefined;

/** Memory of the server in MB. */
export async function residentMegabytes(server: Server): Promise<number> {
  const status = await readFile(`/proc/${String(server.pid())}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Descriptors that the server has open. */
export async function descriptors(server: Server): Promise<number> {
  return (await readdir(`/proc/${String(server.pid())}/fd`)).length;
}

/** Sockets among them: threads of the server open files when they are first needed. */
export async function sockets(server: Server): Promise<number> {
  const directory = `/proc/${String(server.pid())}/fd`;
  const open = await Promise.all((await readdir(directory)).map((fd) => readlink(join(directory, fd)).catch(() => "")));
  return open.filter((what) => what.startsWith("socket:")).length;
}

/** Seconds of CPU that the server has used so far. */
export async function cpuSeconds(server: Server): Promise<number> {
  const stat = await readFile(`/proc/${String(server.pid())}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
