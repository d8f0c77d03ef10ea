// Back at full rate: the database's server ends under load and starts again; the window begins ten
// seconds after it takes connections. The baseline is the same load without the fault.
import { setTimeout as sleep } from 'node:timers/promises';

import { audit } from '../audit.mjs';
import { sendEvents } from '../generator.mjs';
import { restartPostgres } from '../postgres.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { spoolIsEmpty } from '../spool.mjs';

const BEFORE_MS = 2000; // of load, then the fault
const WITHIN_S = 10; // from the first connection that the server takes

async function leg(mode) {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, { roles: 'door,api' });
    const acks = scratchPath('acks');
    let down = 0;
    const fault = async () => {
        await sleep(BEFORE_MS);
        const before = performance.now();
        if (mode) await restartPostgres(mode);
        down = performance.now() - before;
    };
    let striking;
    const r = await sendEvents(
        server,
        { warmup: BEFORE_MS / 1000 + WITHIN_S + (mode ? 2 : 0), acks },
        { ready: () => { striking = fault(); } },
    );
    await striking;
    const drained = await spoolIsEmpty(server.directory);
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        perSecond: r.counted / r.seconds,
        down,
        faults: [
            wrong,
            r.refused && `${r.refused} events were refused`,
            !drained && 'the spool was not empty in time',
        ].filter(Boolean),
    };
}

function scenario(name, mode, title) {
    return {
        name,
        isDurable: true,
        legs: { ours: () => leg(mode), baseline: () => leg(null) },
        lines: [
            {
                name: `durable acks, ${WITHIN_S} s after ${title} ÷ without`,
                unit: '/s',
                better: 'more',
                floor: 0.95,
                aim: 1,
                of: (l) => l.perSecond,
            },
        ],
        note: (pairs) => pairs.map(({ ours }) => `the server was away for ${Math.round(ours.down)} ms`),
    };
}

export const recoveryRestart = scenario('recovery-restart', 'fast', 'a fast restart of PostgreSQL');
export const recoveryCrash = scenario('recovery-crash', 'immediate', 'a crash of PostgreSQL');
