// The queue: a full inbox is drained by a server that has only the worker's role. Each of our rows
// is applied (call, log, feed); graphile-worker's jobs do nothing, so its number is its best.
import { createInterface } from 'node:readline';

import { audit } from '../audit.mjs';
import { fillAndDrain } from '../drain.mjs';
import { stop } from '../processes.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startGraphileWorker } from '../servers.mjs';
import { settings } from '../settings.mjs';

const ROWS = settings.form === 'long' ? 120_000 : 40_000;
const JOBS = settings.form === 'long' ? 30_000 : 10_000;

async function ours(kind) {
    const store = await openStore(kind);
    const acks = scratchPath('acks');
    const { left, ...rates } = await fillAndDrain(store, ROWS, acks);
    const wrong = audit(store, acks);
    store.close();
    return { ...rates, faults: [wrong, left > 0 && `${left} rows were not applied`].filter(Boolean) };
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
