// The queue's own rate: an inbox is filled by a server that has only the door, then drained by one that has
// only the worker.
import { setTimeout as sleep } from 'node:timers/promises';

import { ask } from './api.mjs';
import { query } from './audit.mjs';
import { sendEvents } from './generator.mjs';
import { cpuSeconds } from './processes.mjs';
import { startHookswitch } from './servers.mjs';

const DEADLINE_MS = 120_000;

// Seconds between the first and the last completion of the latest rows, as the store noted them.
const DRAINED = {
    sqlite: (rows) => `SELECT (max(processed_at) - min(processed_at)) / 1e6 FROM ${latest(rows)}`,
    postgres: (rows) =>
        `SELECT extract(epoch FROM max(processed_at) - min(processed_at)) FROM ${latest(rows)}`,
};
const latest = (rows) => `(SELECT processed_at FROM webhook_inbox ORDER BY id DESC LIMIT ${rows}) AS latest`;
const OPEN = "SELECT count(*) FROM webhook_inbox WHERE processing_status <> 'completed'";

/** So many events in the inbox, none of them handled. */
export async function fill(store, rows, acks) {
    const server = await startHookswitch(store, { roles: 'door,api' });
    await sendEvents(server, { count: rows, warmup: 0, seconds: 60, acks });
    await server.stop();
}

async function pending(server) {
    const { inbox } = await ask(server, '/api/health/sync');
    return inbox.pending;
}

/** Until nothing waits any more; the CPU seconds of the server's family. */
async function drain(store) {
    const server = await startHookswitch(store, { roles: 'worker,api' });
    const end = Date.now() + DEADLINE_MS;
    while ((await pending(server)) > 0) {
        if (Date.now() > end) throw new Error(`the worker was not done within ${DEADLINE_MS} ms`);
        await sleep(50);
    }
    const cpu = cpuSeconds(server.roots);
    await server.stop();
    return cpu;
}

/** Rows applied per second, and per CPU second, of so many new ones; and how many were left. */
export async function fillAndDrain(store, rows, acks) {
    await fill(store, rows, acks);
    const before = cpuSeconds(store.roots);
    const cpu = (await drain(store)) - before;
    const [seconds] = query(store, DRAINED[store.kind](rows)).map(Number);
    const [left] = query(store, OPEN).map(Number);
    return { perSecond: rows / seconds, perCpuSecond: rows / cpu, left };
}
