// A directory on a real disk for databases, sockets and logs of one run; gone afterwards.
import { chmodSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';

import { refuseMemoryDisk } from './machine.mjs';

let directory;
let used = 0;

export function openScratch() {
    directory = mkdtempSync(`${process.env.BENCH_DIR ?? '/var/tmp'}/hookswitch-bench-`);
    chmodSync(directory, 0o755); // PostgreSQL runs as its own user
    refuseMemoryDisk(directory);
    return directory;
}

export const scratch = () => directory;

/** A path that nothing has used before. */
export const scratchPath = (name) => `${directory}/${++used}-${name}`;

export function scratchDirectory(name) {
    const path = scratchPath(name);
    mkdirSync(path);
    return path;
}

export function closeScratch() {
    if (directory) rmSync(directory, { recursive: true, force: true });
}
