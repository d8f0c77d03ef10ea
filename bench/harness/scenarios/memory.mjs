// What an idle viewer costs: 10,000 streams, five seconds of silence, the process before and after.
import { load, newRun } from '../generator.mjs';
import { residentBytes, slabBytes } from '../processes.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { apiKey } from '../settings.mjs';

const VIEWERS = 10_000;

async function ours() {
    const server = await startHookswitch(await openStore('sqlite'));
    const none = residentBytes(server.pid);
    const slab = slabBytes();
    const result = {};
    const r = await load(
        {
            port: server.port,
            connections: 0,
            viewers: VIEWERS,
            bearer: apiKey,
            run: newRun(),
            warmup: 5,
            seconds: 0.5,
            drain: 0,
        },
        {
            counted: () => {
                result.perViewer = (residentBytes(server.pid) - none) / VIEWERS;
                result.kernelPerViewer = (slabBytes() - slab) / VIEWERS;
            },
        },
    );
    await server.stop();
    return { ...result, faults: r.viewers.lost ? [`${r.viewers.lost} streams were ended`] : [] };
}

export const memory = {
    name: 'memory',
    legs: { ours },
    lines: [
        {
            name: 'memory of an idle SSE client, of 10,000',
            unit: 'B',
            better: 'less',
            floor: 2048,
            of: (l) => l.perViewer,
        },
    ],
    note: (pairs) =>
        pairs.map((pair) => `kernel slab, both ends: ${Math.round(pair.ours.kernelPerViewer)} B per client`),
};
