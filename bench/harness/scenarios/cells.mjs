// Nine ways to trouble a server on PostgreSQL that receives, stores, applies and shows at a steady pace, and those of
// them that there are on SQLite: how fast the whole of it was done, from the first event to the last that is applied,
// beside the same without trouble.
import { setTimeout as sleep } from 'node:timers/promises';

import { audit, query } from '../audit.mjs';
import { newRun, sendEvents } from '../generator.mjs';
import {
    hoardConnections,
    idleInTransaction,
    killBackends,
    readForLong,
    restartPostgres,
} from '../postgres.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { settings } from '../settings.mjs';
import * as sqlite from '../sqlite.mjs';
import { spoolIsEmpty } from '../spool.mjs';
import { presigned } from '../window.mjs';

const RATE = settings.rate ?? 500; // events a second
const BURST = 2000; // at once
const PATIENCE_S = 60;

/** Does `what` each `ms` until it is told to stop. */
function repeatedly(ms, what) {
    let goesOn = true;
    const done = (async () => {
        for (; goesOn; await sleep(ms)) await what();
    })();
    return () => {
        goesOn = false;
        return done;
    };
}

const burst = (server, acks) =>
    sendEvents(server, { count: BURST, warmup: 0, seconds: 30, acks, run: newRun() });

function bursts({ server, acks }) {
    const underWay = [];
    const end = repeatedly(2000, () => underWay.push(burst(server, `${acks}.${underWay.length}`)));
    return async () => {
        await end();
        return (await Promise.all(underWay)).reduce((sum, { acked }) => sum + acked, 0);
    };
}

/** Takes the lock of who writes for half of the time. */
const lockNowAndThen = (path) =>
    repeatedly(1000, async () => {
        const end = await sqlite.holdLock(path);
        await sleep(1000);
        await end();
    });

/** What troubles; each gives back how to end it, which may tell of events that came in addition. */
const CELLS = {
    restart: { title: 'a fast restart of PostgreSQL', trouble: () => restartPostgres('fast') },
    backend: { title: 'all connections to it killed once', trouble: ({ store }) => void killBackends(store.database) },
    kills: {
        title: 'all connections to it killed twice a second',
        trouble: ({ store }) => repeatedly(500, () => killBackends(store.database)),
    },
    pool: { title: 'none of its connections left for others', trouble: ({ store }) => hoardConnections(store.database) },
    idle: { title: 'somebody idle in a transaction', trouble: ({ store }) => idleInTransaction(store.database) },
    readers: { title: 'four long readers', trouble: ({ store }) => readForLong(store.database, 4) },
    worker: { title: 'a worker killed and started again', hasWorker: true, trouble: ({ crash }) => crash() },
    burst: { title: `bursts of ${BURST} between`, trouble: bursts },
    'readers-sqlite': { title: 'four long readers', kind: 'sqlite', trouble: ({ store }) => sqlite.readForLong(store.path, 4) },
    'lock-sqlite': { title: 'somebody else writing half of the time', kind: 'sqlite', trouble: ({ store }) => lockNowAndThen(store.path) },
    'burst-sqlite': { title: `bursts of ${BURST} between`, kind: 'sqlite', trouble: bursts },
};

const OPEN = "SELECT count(*) FROM webhook_inbox WHERE processing_status <> 'completed'";
const TIMES = {
    postgres: 'SELECT count(*), extract(epoch FROM max(processed_at) - min(received_at)) FROM webhook_inbox',
    sqlite: 'SELECT count(*), (max(processed_at) - min(received_at)) / 1e6 FROM webhook_inbox',
};

async function isApplied(store) {
    for (let i = 0; i < PATIENCE_S * 5; i++, await sleep(200)) if (Number(query(store, OPEN)[0]) === 0) return true;
    return false;
}

/** A worker of its own, which can be killed; the server then has the other roles. */
async function startWorker(store) {
    let worker = await startHookswitch(store, { roles: 'worker,api' });
    return {
        crash: async () => {
            worker.child.kill('SIGKILL');
            await worker.child.ended;
            worker = await startHookswitch(store, { roles: 'worker,api' });
        },
        stop: () => worker.stop(),
    };
}

async function leg(cell, isTroubled) {
    const store = await openStore(cell.kind ?? 'postgres');
    const server = await startHookswitch(store, cell.hasWorker ? { roles: 'door,api' } : {});
    const worker = cell.hasWorker ? await startWorker(store) : undefined;
    const acks = scratchPath('acks');
    const troubled = { store, server, acks, crash: worker?.crash };
    let ending;
    const r = await sendEvents(server, { rate: RATE, acks, drain: 10 }, {
        counted: () => { if (isTroubled) ending = Promise.resolve(cell.trouble(troubled)); },
    });
    const end = await ending;
    const more = await end?.();
    const spooled = !(await spoolIsEmpty(server.directory));
    const applied = await isApplied(store);
    await worker?.stop();
    await server.stop();
    const [count, seconds] = query(store, TIMES[store.kind])[0].split(' ').map(Number);
    const wrong = audit(store, acks);
    store.close();
    return {
        perSecond: (count - (more ?? 0)) / seconds,
        faults: [
            wrong,
            r.refused && `${r.refused} events were refused`,
            spooled && 'the spool was not empty in time',
            !applied && 'not all was applied in time',
        ].filter(Boolean),
    };
}

const line = (name) => ({
    name,
    unit: '/s',
    better: 'more',
    floor: 0.95,
    aim: 1,
    of: (l) => l.perSecond,
});

const cells = Object.entries(CELLS).map(([name, cell]) => ({
    name: `cell-${name}`,
    isDurable: true,
    legs: { ours: () => leg(cell, true), baseline: () => leg(cell, false) },
    lines: [line(`events applied of ${RATE}/s, ${cell.title} ÷ without`)],
}));

/** What `send` comes to on a store of its own, as an empty one is faster than one that has had its fill. What is
 * acknowledged in the window counts: by when it was meant to be sent, what an overload leaves unsent would be missed. */
async function alone(kind, send) {
    const store = await openStore(kind);
    const server = await startHookswitch(store, { roles: 'door,api' });
    const acks = scratchPath('acks');
    const r = await send(server, acks);
    const drained = await spoolIsEmpty(server.directory);
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        perSecond: r.answered / r.seconds,
        refused: r.refused,
        faults: [wrong, !drained && 'the spool was not empty in time'].filter(Boolean),
    };
}

/** Half as much again as it can take: it takes as much as it can, and says no to the rest. */
async function overload(kind) {
    const sending = (connections, rate) => (server, acks) =>
        sendEvents(server, { rate, connections, presign: presigned(), acks, drain: 10 });
    const most = await alone(kind, sending(256));
    const r = await alone(kind, sending(1024, Math.round(1.5 * most.perSecond)));
    return { ...r, capacity: most.perSecond, faults: [...most.faults, ...r.faults] };
}

const overloads = ['postgres', 'sqlite'].map((kind) => ({
    name: kind === 'sqlite' ? 'cell-overload-sqlite' : 'cell-overload',
    isDurable: true,
    legs: { ours: () => overload(kind), baseline: ({ ours }) => ({ perSecond: ours.capacity }) },
    lines: [line('durable acks of 1.5 × what it can take ÷ the most')],
    note: (pairs) => pairs.map(({ ours }) => `${ours.refused} were refused`),
}));

export const pressure = [...cells, ...overloads];
