// Back at full rate: something befalls the database under load and is over; the window begins ten seconds after that.
// The baseline is the same load without it.
import { setTimeout as sleep } from 'node:timers/promises';

import { audit } from '../audit.mjs';
import { sendEvents } from '../generator.mjs';
import { lockInbox, pausePostgres, restartPostgres, startStandby, urlOf, urlOfEither } from '../postgres.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { spoolIsEmpty } from '../spool.mjs';
import { openWire } from '../wire.mjs';

const BEFORE_MS = 2000; // of load, then the fault
const WITHIN_S = 10; // from when it is over
const LASTS_MS = 5000;
const CUTS = 20;

async function cutNowAndThen(wire) {
    for (let i = 0; i < CUTS; i++) {
        if (wire.cut() === 0) throw new Error('there was nothing to cut');
        await sleep(LASTS_MS / CUTS);
    }
}

/** What befalls it; `prepare` gives what there has to be first, in both legs, and may lead the store's address elsewhere. */
const FAULTS = {
    restart: { title: 'a fast restart of PostgreSQL', strike: () => restartPostgres('fast') },
    crash: { title: 'a crash of PostgreSQL', strike: () => restartPostgres('immediate') },
    pause: { title: `PostgreSQL stood still for ${LASTS_MS / 1000} s`, strike: () => pausePostgres(LASTS_MS) },
    lock: { title: `the inbox was locked for ${LASTS_MS / 1000} s`, strike: ({ store }) => lockInbox(store.database, LASTS_MS) },
    cuts: {
        title: `${CUTS} cuts of the wire to PostgreSQL`,
        prepare: async (store) => {
            const wire = await openWire(store.port);
            return { ...wire, url: urlOf(store.database, undefined, wire.port) };
        },
        strike: ({ prepared }) => cutNowAndThen(prepared),
    },
    failover: {
        title: 'a failover to a synchronous standby',
        prepare: async (store, isStruck) => {
            if (!isStruck) return undefined; // alone, as what has taken over
            const standby = await startStandby();
            return { ...standby, url: urlOfEither(store.database, standby.port) };
        },
        strike: ({ prepared }) => prepared.takeOver(),
    },
};

async function leg({ prepare, strike }, isStruck) {
    const store = await openStore('postgres');
    const prepared = await prepare?.(store, isStruck);
    const server = await startHookswitch({ ...store, ...(prepared && { url: prepared.url }) }, { roles: 'door,api' });
    const acks = scratchPath('acks');
    let lasted = 0;
    const fault = async () => {
        await sleep(BEFORE_MS);
        const before = performance.now();
        await strike({ store, prepared });
        lasted = performance.now() - before;
    };
    let striking;
    const r = await sendEvents(
        server,
        { warmup: (BEFORE_MS + (isStruck ? LASTS_MS : 0)) / 1000 + WITHIN_S, acks },
        { ready: () => { if (isStruck) striking = fault(); } },
    );
    await striking;
    const drained = await spoolIsEmpty(server.directory);
    await server.stop();
    prepared?.close?.();
    const wrong = audit(store, acks);
    store.close();
    return {
        perSecond: r.counted / r.seconds,
        lasted,
        faults: [
            wrong,
            r.refused && `${r.refused} events were refused`,
            !drained && 'the spool was not empty in time',
        ].filter(Boolean),
    };
}

export const recovery = Object.entries(FAULTS).map(([name, fault]) => ({
    name: `recovery-${name}`,
    isDurable: true,
    legs: { ours: () => leg(fault, true), baseline: () => leg(fault, false) },
    lines: [
        {
            name: `durable acks, ${WITHIN_S} s after ${fault.title} ÷ without`,
            unit: '/s',
            better: 'more',
            floor: 0.95,
            aim: 1,
            of: (l) => l.perSecond,
        },
    ],
    note: (pairs) => pairs.map(({ ours }) => `it lasted ${Math.round(ours.lasted)} ms`),
}));
