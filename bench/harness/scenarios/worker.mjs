// The queue: a full inbox is drained by a server that has only the worker's role. Each of our rows
// is applied (call, log, feed); graphile-worker's jobs do nothing, so its number is its best.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { audit, query } from '../audit.mjs';
import { load, newRun } from '../generator.mjs';
import { cpuSeconds, stop } from '../processes.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startGraphileWorker, startHookswitch } from '../servers.mjs';
import { apiKey, settings, token } from '../settings.mjs';

const ROWS = settings.form === 'long' ? 120_000 : 40_000;
const JOBS = settings.form === 'long' ? 30_000 : 10_000;
const DEADLINE_MS = 120_000;

// Seconds between the first and the last completion, as the store noted them.
const DRAINED = {
    sqlite: "SELECT (max(processed_at) - min(processed_at)) / 1e6 FROM webhook_inbox WHERE processing_status = 'completed'",
    postgres:
        "SELECT extract(epoch FROM max(processed_at) - min(processed_at)) FROM webhook_inbox WHERE processing_status = 'completed'",
};
const OPEN = "SELECT count(*) FROM webhook_inbox WHERE processing_status <> 'completed'";

async function fill(store, acks) {
    const server = await startHookswitch(store, { roles: 'door,api' });
    await load({
        port: server.port,
        connections: 64,
        count: ROWS,
        warmup: 0,
        seconds: 60,
        run: newRun(),
        token,
        base_url: `http://127.0.0.1:${server.port}`,
        acks,
    });
    await server.stop();
}

async function pending(port) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/health/sync`, {
        headers: { Authorization: `Bearer ${apiKey}` },
    });
    const { inbox } = await answer.json();
    return inbox.pending;
}

async function drain(store) {
    const server = await startHookswitch(store, { roles: 'worker,api' });
    const end = Date.now() + DEADLINE_MS;
    while ((await pending(server.port)) > 0) {
        if (Date.now() > end)
            throw new Error(`the worker did not drain ${ROWS} rows within ${DEADLINE_MS} ms`);
        await sleep(50);
    }
    const cpu = cpuSeconds(server.roots);
    await server.stop();
    return cpu;
}

async function ours(kind) {
    const store = await openStore(kind);
    const acks = scratchPath('acks');
    await fill(store, acks);
    const before = cpuSeconds(store.roots);
    const cpu = (await drain(store)) - before;
    const [seconds] = query(store, DRAINED[kind]).map(Number);
    const [open] = query(store, OPEN).map(Number);
    const wrong = audit(store, acks);
    store.close();
    return {
        perSecond: ROWS / seconds,
        perCpuSecond: ROWS / cpu,
        faults: [wrong, open > 0 && `${open} rows were not applied`].filter(Boolean),
    };
}

async function graphile() {
    const store = await openStore('postgres');
    const child = startGraphileWorker(store, JOBS);
    let drained;
    for await (const line of createInterface({ input: child.stdout })) {
        if (!line.startsWith('{')) continue;
        const said = JSON.parse(line);
        if (said.at === 'filled') child.stdin.write('go\n');
        if (said.at === 'drained') drained = said;
    }
    await stop(child);
    store.close();
    if (!drained) throw new Error(`graphile-worker failed: ${child.said}`);
    return {
        perSecond: drained.jobs / drained.seconds,
        faults: drained.left ? [`graphile-worker left ${drained.left} jobs`] : [],
    };
}

function scenario(name, kind, title) {
    return {
        name,
        isDurable: true,
        legs: { ours: () => ours(kind), baseline: graphile },
        lines: [
            {
                name: `worker, rows applied, ${title} ÷ graphile-worker jobs`,
                unit: '/s',
                better: 'more',
                floor: 1,
                aim: 3,
                of: (l) => l.perSecond,
            },
        ],
        note: (pairs) =>
            pairs.map(
                ({ ours: a }) => `${Math.round(a.perCpuSecond ?? 0)} rows per CPU second, database included`,
            ),
    };
}

export const workerSqlite = scenario('worker-sqlite', 'sqlite', 'SQLite');
export const workerPostgres = scenario('worker-postgres', 'postgres', 'PostgreSQL');
