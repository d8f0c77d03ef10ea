// A control group of one's own, with a limit, in either version of the kernel's interface. Takes root.
import { access, constants, mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./wait.ts";

const ROOT = "/sys/fs/cgroup";

export type Resource = "memory" | "pids";
/** `swap`: 0 there, and nothing leaves the memory for a disk. */
type Place = { parent: string; limit: string; used: [file: string, figure: RegExp]; kills?: string; swap?: string };

/** In version 1 each resource has a tree of its own. */
const PLACES: Record<Resource, { v1: Place; v2: Place }> = {
  memory: {
    v1: { parent: join(ROOT, "memory"), limit: "memory.limit_in_bytes", used: ["memory.stat", /^rss (\d+)$/m], kills: "memory.oom_control", swap: "memory.swappiness" },
    v2: { parent: ROOT, limit: "memory.max", used: ["memory.stat", /^anon (\d+)$/m], kills: "memory.events", swap: "memory.swap.max" },
  },
  pids: {
    v1: { parent: join(ROOT, "pids"), limit: "pids.max", used: ["pids.current", /(\d+)/] },
    v2: { parent: ROOT, limit: "pids.max", used: ["pids.current", /(\d+)/] },
  },
};

/** Where groups with a limit on it can be made; undefined: nowhere. */
async function placeFor(resource: Resource): Promise<Place | undefined> {
  const { v1, v2 } = PLACES[resource];
  const writable = (path: string): Promise<boolean> => access(path, constants.W_OK).then(() => true, () => false);
  const enabled = await readFile(join(ROOT, "cgroup.subtree_control"), "utf8").catch(() => "");
  if (enabled.split(/\s/).includes(resource) && (await writable(ROOT))) return v2;
  return (await writable(join(v1.parent, "cgroup.procs"))) ? v1 : undefined;
}

/** Why that cannot be limited here; false when it can. */
export async function cannotLimit(resource: Resource): Promise<string | false> {
  return (await placeFor(resource)) ? false : `no control group for ${resource} can be made here`;
}

export type Group = {
  /** Before a command: what it executes is in the group. */
  by: string[];
  /** Of memory: what cannot be given back. */
  used: () => Promise<number>;
  limit: (most: number) => Promise<void>;
  /** How many of it the kernel has killed. */
  kills: () => Promise<number>;
  /** When nobody is in it any more. */
  remove: () => Promise<void>;
};

let made = 0;

export async function makeGroup(resource: Resource): Promise<Group> {
  const place = await placeFor(resource);
  if (!place) throw new Error(`no group for ${resource}`);
  const path = join(place.parent, `hookswitch-test-${String(process.pid)}-${String(made++)}`);
  await mkdir(path);
  if (place.swap !== undefined) await writeFile(join(path, place.swap), "0").catch(() => undefined); // absent where nothing swaps
  const number = async (file: string, figure: RegExp): Promise<number> => Number(figure.exec(await readFile(join(path, file), "utf8"))?.[1]);
  return {
    by: ["sh", "-c", `echo $$ > ${path}/cgroup.procs && exec "$@"`, "sh"],
    used: () => number(...place.used),
    limit: (most) => writeFile(join(path, place.limit), String(most)),
    kills: () => number(place.kills ?? "", /^oom_kill (\d+)$/m),
    remove: async () => {
      await until("nobody is in the group", () => rmdir(path).then(() => true, () => undefined));
    },
  };
}
