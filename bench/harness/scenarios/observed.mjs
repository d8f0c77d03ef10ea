// What it costs to be looked at: the same acknowledgements while /metrics is read each second and each request is
// logged as JSON, and with nobody looking and nothing said; and what traces of every request cost beside that.
import { once } from 'node:events';
import { createServer } from 'node:http';
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

/** Takes what it is sent, and counts it. */
async function collector() {
    let taken = 0;
    const server = createServer((asked, answer) => {
        asked.resume().on('end', () => {
            taken += 1;
            answer.setHeader('Content-Type', 'application/x-protobuf').end();
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        taken: () => taken,
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}

const SILENT = { LOG_LEVEL: 'error' };
const OBSERVED = { LOG_LEVEL: 'info', LOG_FORMAT: 'json' };

async function leg({ env, isScraped = false, isTraced = false }) {
    const store = await openStore('postgres');
    const traces = isTraced ? await collector() : undefined;
    const server = await startHookswitch(store, {
        roles: 'door,api',
        env: { METRICS_TOKEN, ...env, ...(traces && { OTEL_EXPORTER_OTLP_ENDPOINT: traces.url }) },
    });
    const acks = scratchPath('acks');
    const end = isScraped ? scrape(server) : () => undefined;
    const r = await measureWebhooks(server, acks);
    const scrapes = await end();
    await server.stop();
    traces?.close();
    const wrong = audit(store, acks);
    store.close();
    return {
        perCpuSecond: r.counted / r.cpu,
        faults: [
            wrong,
            isScraped && !scrapes && 'no scrape was answered',
            traces && !traces.taken() && 'no trace was taken',
        ].filter(Boolean),
    };
}

const line = (name) => ({
    name,
    unit: '/CPU s',
    better: 'more',
    floor: 0.97,
    aim: 1,
    of: (l) => l.perCpuSecond,
});

export const observed = {
    name: 'observed',
    isDurable: true,
    legs: { ours: () => leg({ env: OBSERVED, isScraped: true }), baseline: () => leg({ env: SILENT }) },
    lines: [line('durable acks, observed ÷ not')],
};

export const traced = {
    name: 'traced',
    isDurable: true,
    legs: { ours: () => leg({ env: SILENT, isTraced: true }), baseline: () => leg({ env: SILENT }) },
    lines: [line('durable acks, every request traced ÷ none')],
};
