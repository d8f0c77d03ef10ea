// What one delivery to one viewer costs: 1,000 streams, 40 events/s, frames of the same size.
// Ours carries the whole path from webhook to stream in its CPU time; nchan is handed the message.
import { newRun } from '../generator.mjs';
import { beyondProof, proveGenerator } from '../proof.mjs';
import { openStore, startHookswitch, startNginx } from '../servers.mjs';
import { apiKey, token } from '../settings.mjs';
import { measure } from '../window.mjs';

const RATE = 40;
const VIEWERS = 1000;

async function leg(server, options) {
    await proveGenerator();
    const r = await measure(server, {
        connections: 4,
        rate: RATE,
        viewers: VIEWERS,
        run: newRun(),
        single: 1,
        ...options,
    });
    await server.stop();
    return {
        perCpuSecond: r.viewers.frames / r.cpu,
        perSecond: r.viewers.frames / r.seconds,
        frameBytes: r.viewers.bytes / r.viewers.frames,
        p95: r.viewers.latency.p95_us / 1000,
        faults: r.viewers.missing ? [`${r.viewers.missing} deliveries never came`] : [],
        doubts: [beyondProof({ frames: r.viewers.frames / r.seconds })].filter(Boolean),
    };
}

async function ours() {
    const server = await startHookswitch(await openStore('sqlite'));
    return leg(server, { bearer: apiKey, token, base_url: `http://127.0.0.1:${server.port}` });
}

async function nchan({ ours: { frameBytes } = { frameBytes: 1000 } }) {
    const server = await startNginx('nchan.conf', { path: '/publish', status: 404 });
    const framing = 'id: 1789999999:0\ndata: \n\n'.length;
    return leg(server, {
        kind: 'json',
        path: '/publish',
        stream_path: '/stream',
        body_size: Math.round(frameBytes - framing),
    });
}

export const fanout = {
    name: 'fanout',
    legs: { ours, baseline: nchan },
    lines: [
        {
            name: `SSE deliveries, ${VIEWERS} clients ÷ nchan`,
            unit: '/CPU s',
            better: 'more',
            floor: 1.0,
            aim: 1.8,
            of: (l) => l.perCpuSecond,
        },
    ],
    note: (pairs) =>
        pairs.map(
            ({ ours: a, baseline: b }) =>
                `frames of ${Math.round(a.frameBytes)} and ${Math.round(b.frameBytes)} B, P95 ${a.p95.toFixed(1)} and ${b.p95.toFixed(1)} ms`,
        ),
};
