// One connection, one event at a time: how much more than a single fdatasync an acknowledgement costs.
import { audit } from '../audit.mjs';
import { load, newRun, probeFloor } from '../generator.mjs';
import { scratch, scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { token } from '../settings.mjs';

async function ours() {
    const store = await openStore('sqlite');
    const server = await startHookswitch(store, { roles: 'door,api' });
    const acks = scratchPath('acks');
    const r = await load({
        port: server.port,
        connections: 1,
        run: newRun(),
        token,
        base_url: `http://127.0.0.1:${server.port}`,
        presign: 100_000,
        acks,
    });
    await server.stop();
    return { p50: r.latency.p50_us, p99: r.latency.p99_us, faults: [audit(store, acks)].filter(Boolean) };
}

async function floor() {
    const probe = await probeFloor(scratch());
    return { p50: probe.p50_us, p99: probe.p99_us };
}

export const latency = {
    name: 'latency',
    isDurable: true,
    legs: { ours, baseline: floor },
    lines: [
        {
            name: 'ack latency P50, 1 connection ÷ one fdatasync',
            unit: 'µs',
            better: 'less',
            floor: 2.0,
            aim: 1.3,
            of: (l) => l.p50,
        },
    ],
    note: (pairs) => pairs.map((pair) => `P99 ${pair.ours.p99} µs beside ${pair.baseline.p99} µs`),
};
