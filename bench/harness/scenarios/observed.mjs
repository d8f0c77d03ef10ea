// What it costs to be looked at: the same acknowledgements while /metrics is read each second and each request is
// logged, and with nobody looking and nothing said.
import { setTimeout as sleep } from 'node:timers/promises';

import { audit } from '../audit.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { measureWebhooks } from '../window.mjs';

const EVERY_MS = 1000; // Prometheus asks every 15 s by default
const METRICS_TOKEN = 'the-token-of-the-metrics-of-the-bench';

/** Until told to stop; how often it was answered. */
function scrape(server) {
    let goesOn = true;
    const done = (async () => {
        let n = 0;
        for (; goesOn; await sleep(EVERY_MS)) {
            const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`, {
                headers: { Authorization: `Bearer ${METRICS_TOKEN}` },
            });
            await answer.arrayBuffer();
            if (answer.ok) n += 1;
        }
        return n;
    })();
    return () => {
        goesOn = false;
        return done;
    };
}

async function leg(isObserved) {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, {
        roles: 'door,api',
        env: { METRICS_TOKEN, LOG_LEVEL: isObserved ? 'info' : 'error' },
    });
    const acks = scratchPath('acks');
    const end = isObserved ? scrape(server) : () => undefined;
    const r = await measureWebhooks(server, acks);
    const scrapes = await end();
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        perCpuSecond: r.counted / r.cpu,
        faults: [wrong, isObserved && !scrapes && 'no scrape was answered'].filter(Boolean),
    };
}

export const observed = {
    name: 'observed',
    isDurable: true,
    legs: { ours: () => leg(true), baseline: () => leg(false) },
    lines: [
        {
            name: 'durable acks, observed ÷ not',
            unit: '/CPU s',
            better: 'more',
            floor: 0.97,
            aim: 1,
            of: (l) => l.perCpuSecond,
        },
    ],
};
