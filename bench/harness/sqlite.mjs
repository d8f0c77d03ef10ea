// Others who have the file of a server on SQLite open, and what they do with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { onServerCores } from './processes.mjs';

/** A session that has answered `first`; returns what ends it, in the middle of whatever it does. */
async function session(path, first) {
    const child = spawn(...onServerCores('sqlite3', ['-bail', '-cmd', '.timeout 10000', path]), { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {}); // it may be gone before it is told to end
    child.stdin.write(`${first}\n`);
    await once(child.stdout, 'data');
    return async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
    };
}

/** So many who read in one transaction each, as a report does: none of the log can be written over. */
export async function readForLong(path, n) {
    const ends = [];
    for (let i = 0; i < n; i++) ends.push(await session(path, 'BEGIN; SELECT count(*) FROM webhook_inbox;'));
    return async () => {
        await Promise.all(ends.map((end) => end()));
    };
}

/** Somebody who holds the lock of who writes; returns what ends that. */
export const holdLock = (path) => session(path, "BEGIN IMMEDIATE; SELECT 'held';");
