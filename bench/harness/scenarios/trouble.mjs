// As fast as ever, nearly, while somebody troubles the database: the rates with the trouble beside those
// without it.
import { setTimeout as sleep } from 'node:timers/promises';

import { audit, query } from '../audit.mjs';
import { fillAndDrain } from '../drain.mjs';
import { sendEvents } from '../generator.mjs';
import { idleInTransaction, killBackends } from '../postgres.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { settings } from '../settings.mjs';
import { spoolIsEmpty } from '../spool.mjs';

const isLong = settings.form === 'long';
const KILLED_S = isLong ? 60 : 10;
const KILLED_RATE = 5000; // a load that fills the core fills the spool, too, and is then slowed down
const IDLE_S = isLong ? 600 : 30;
// What the queue is measured by, after that time. A server that starts looks over all that is dead, which then
// comes seldom; in the long form it counts as much as that.
const ROWS = isLong ? 60_000 : 20_000;

/** Twice a second, until told to stop; how many connections it was. */
function killing(store) {
    let goesOn = true;
    const killed = (async () => {
        let n = 0;
        for (; goesOn; await sleep(500)) n += killBackends(store.database);
        return n;
    })();
    return () => {
        goesOn = false;
        return killed;
    };
}

async function killedLeg(isTroubled) {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, { roles: 'door,api' });
    const acks = scratchPath('acks');
    let end = () => 0;
    let killed;
    const r = await sendEvents(
        server,
        { rate: KILLED_RATE, seconds: KILLED_S, acks },
        {
            counted: () => { if (isTroubled) end = killing(store); },
            stop: async () => { killed = await end(); },
        },
    );
    const drained = await spoolIsEmpty(server.directory);
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        perSecond: r.counted / r.seconds,
        killed,
        faults: [
            wrong,
            r.refused && `${r.refused} events were refused`,
            !drained && 'the spool was not empty in time',
            isTroubled && killed < KILLED_S && `only ${killed} connections were killed`,
        ].filter(Boolean),
    };
}

async function idleLeg(isTroubled) {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, { roles: 'door,worker,api' });
    const end = isTroubled ? await idleInTransaction(store.database) : () => {};
    const before = scratchPath('acks');
    await sendEvents(server, { rate: 500, seconds: IDLE_S, acks: before });
    await server.stop();
    const acks = scratchPath('acks');
    const { perSecond, left } = await fillAndDrain(store, ROWS, acks);
    await end();
    const [bytes] = query(store, "SELECT pg_total_relation_size('webhook_inbox')").map(Number);
    const [rows] = query(store, 'SELECT count(*) FROM webhook_inbox').map(Number);
    const wrong = [audit(store, before), audit(store, acks)];
    store.close();
    return {
        perSecond,
        bytesPerRow: bytes / rows,
        faults: [...wrong, left > 0 && `${left} rows were not applied`].filter(Boolean),
    };
}

const rate = (name, leg) => ({
    name,
    unit: '/s',
    better: 'more',
    floor: 0.8,
    aim: 1,
    of: leg,
});

export const troubleKilled = {
    name: 'trouble-killed',
    isDurable: true,
    isOnce: isLong,
    legs: { ours: () => killedLeg(true), baseline: () => killedLeg(false) },
    lines: [rate(`durable acks of ${KILLED_RATE}/s, connections killed twice a second for ${KILLED_S} s ÷ not`, (l) => l.perSecond)],
    note: (pairs) => pairs.map(({ ours }) => `${ours.killed} connections were killed`),
};

export const troubleIdle = {
    name: 'trouble-idle',
    isDurable: true,
    isOnce: isLong,
    legs: { ours: () => idleLeg(true), baseline: () => idleLeg(false) },
    lines: [
        rate(`rows applied, somebody idle in a transaction for ${IDLE_S} s ÷ nobody`, (l) => l.perSecond),
        {
            name: 'inbox, bytes a row, the same',
            unit: 'B',
            better: 'less',
            floor: 3, // received, claimed, done: three versions of a row are all that there can be
            aim: 1.2,
            of: (l) => l.bytesPerRow,
        },
    ],
};
