// Durable acknowledgements: signed webhooks on 64 connections, 2xx only after the event is on disk.
import { audit } from '../audit.mjs';
import { beyondProof, proveGenerator } from '../proof.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startExpress, startHookswitch } from '../servers.mjs';
import { measureWebhooks } from '../window.mjs';

async function leg(kind, startServer) {
    await proveGenerator();
    const store = await openStore(kind);
    const server = await startServer(store);
    const acks = scratchPath('acks');
    const r = await measureWebhooks(server, acks);
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    const perSecond = r.counted / r.seconds;
    return {
        perSecond,
        perCpuSecond: r.counted / r.cpu,
        latency: r.latency,
        bodyBytes: r.body_bytes,
        faults: [
            wrong,
            r.refused && `${r.refused} events were refused`,
            r.broken && `${r.broken} connections broke`,
        ].filter(Boolean),
        doubts: [beyondProof({ requests: perSecond })].filter(Boolean),
    };
}

function scenario(name, kind, title, floor, aim) {
    return {
        name,
        isDurable: true,
        legs: {
            ours: () => leg(kind, (store) => startHookswitch(store, { roles: 'door,api' })),
            baseline: () => leg('postgres', (store) => startExpress(store, { roles: 'door' })),
        },
        lines: [
            {
                name: `durable acks, ${title} ÷ Express + pg`,
                unit: '/s',
                better: 'more',
                floor,
                aim,
                of: (l) => l.perSecond,
            },
            {
                name: `durable acks, ${title} ÷ Express + pg`,
                unit: '/CPU s',
                better: 'more',
                floor: 8,
                aim: 15,
                of: (l) => l.perCpuSecond,
            },
        ],
        note: (pairs) =>
            pairs.map(
                ({ ours, baseline }) =>
                    `P50 ${ours.latency.p50_us} µs, P99 ${ours.latency.p99_us} µs beside ${baseline.latency.p50_us} and ${baseline.latency.p99_us}`,
            ),
    };
}

export const ingestSqlite = scenario('ingest-sqlite', 'sqlite', 'SQLite', 6, 10);
export const ingestPostgres = scenario('ingest-postgres', 'postgres', 'PostgreSQL', 8, 12);
