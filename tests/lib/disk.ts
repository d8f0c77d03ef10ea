// A small disk of the test's own: a tmpfs, which takes the right to mount. Where that is missing the
// tests of disks are skipped; system/faults.test.ts fills a disk by other means.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export type Disk = {
  path: string;
  /** Takes all room that is left, or all inodes; by free() it is given back. */
  fill: (what?: "bytes" | "inodes") => Promise<void>;
  free: () => Promise<void>;
  /** `ro`, `size=1m`: as `mount -o remount,…`. */
  remount: (options: string) => Promise<void>;
  remove: () => Promise<void>;
};

async function fillBytes(directory: string): Promise<void> {
  await run("sh", ["-c", 'cat /dev/zero > "$0/ballast" 2>/dev/null || true', directory]);
}

async function fillInodes(directory: string): Promise<void> {
  for (let n = 0; ; n++) {
    try {
      await writeFile(join(directory, `ballast-${String(n)}`), "");
    } catch {
      return;
    }
  }
}

export async function mountDisk(options = "size=160m,nr_inodes=200"): Promise<Disk> {
  const path = await mkdtemp(join(tmpdir(), "hookswitch-disk-"));
  await run("mount", ["-t", "tmpfs", "-o", options, "none", path]);
  const free = async (): Promise<void> => {
    for (const name of await readdir(path)) if (name.startsWith("ballast")) await rm(join(path, name));
  };
  return {
    path,
    fill: (what = "bytes") => (what === "bytes" ? fillBytes(path) : fillInodes(path)),
    free,
    remount: async (how) => {
      await run("mount", ["-o", `remount,${how}`, path]);
    },
    remove: async () => {
      await run("umount", ["-l", path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Why there can be no such disk here; false when there can. */
export async function noDisk(): Promise<string | false> {
  try {
    await (await mountDisk()).remove();
    return false;
  } catch {
    return "mounting a tmpfs is not permitted here";
  }
}
