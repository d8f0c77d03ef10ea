// From the webhook to the screen: 500 events/s, 200 viewers, all roles in one server.
import { audit } from '../audit.mjs';
import { newRun } from '../generator.mjs';
import { beyondProof, proveGenerator } from '../proof.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startExpress, startHookswitch } from '../servers.mjs';
import { apiKey, token } from '../settings.mjs';
import { measure } from '../window.mjs';

const RATE = 500;
const VIEWERS = 200;

async function leg(kind, startServer) {
    await proveGenerator();
    const store = await openStore(kind);
    const server = await startServer(store);
    const acks = scratchPath('acks');
    const r = await measure(server, {
        connections: 32,
        rate: RATE,
        viewers: VIEWERS,
        bearer: apiKey,
        run: newRun(),
        token,
        base_url: `http://127.0.0.1:${server.port}`,
        presign: 20_000,
        acks,
    });
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        p95: r.viewers.latency.p95_us / 1000,
        p50: r.viewers.latency.p50_us / 1000,
        p99: r.viewers.latency.p99_us / 1000,
        missing: r.viewers.missing,
        delivered: r.viewers.delivered,
        repeated: r.viewers.repeated,
        lost: r.viewers.lost,
        cpu: r.cpu,
        faults: [wrong, r.refused && `${r.refused} events were refused`].filter(Boolean),
        doubts: [beyondProof({ requests: RATE, frames: r.viewers.frames / r.seconds })].filter(Boolean),
    };
}

async function ours() {
    const result = await leg('sqlite', (store) => startHookswitch(store));
    if (result.missing > 0) result.faults.push(`${result.missing} deliveries never came`);
    return result;
}

function describe(name, l) {
    return `${name} P50 ${l.p50.toFixed(1)}, P99 ${l.p99.toFixed(1)} ms, ${l.missing} of ${l.delivered + l.missing} undelivered 5 s after the end, ${l.cpu.toFixed(1)} CPU s`;
}

export const live = {
    name: 'live',
    isDurable: true,
    legs: { ours, baseline: () => leg('postgres', (store) => startExpress(store)) },
    lines: [
        {
            name: `webhook → SSE P95, ${RATE}/s, ${VIEWERS} clients ÷ Express`,
            unit: 'ms',
            better: 'less',
            floor: 0.3,
            aim: 0.05,
            of: (l) => l.p95,
        },
    ],
    note: (pairs) =>
        pairs.map((pair) => `${describe('ours', pair.ours)}; ${describe('baseline', pair.baseline)}`),
};
