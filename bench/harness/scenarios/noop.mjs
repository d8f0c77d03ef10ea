// The HTTP ceiling: a request that needs nothing but parsing and an answer.
import { startHookswitch, openStore, startNginx } from '../servers.mjs';
import { measure } from '../window.mjs';

async function leg(server) {
    const r = await measure(server, { get: '/health', connections: 64, drain: 1 });
    await server.stop();
    return {
        perCpuSecond: r.counted / r.cpu,
        perSecond: r.counted / r.seconds,
        latency: r.latency,
        faults: r.refused ? [`${r.refused} requests were refused`] : [],
    };
}

export const noop = {
    name: 'noop',
    legs: {
        ours: async () => leg(await startHookswitch(await openStore('sqlite'))),
        baseline: async () => leg(await startNginx('static.conf', { path: '/health', status: 200 })),
    },
    lines: [
        {
            name: 'no-op HTTP ÷ nginx return 200',
            unit: '/CPU s',
            better: 'more',
            floor: 0.9,
            aim: 1.3,
            of: (l) => l.perCpuSecond,
        },
    ],
    note: (pairs) =>
        pairs.map(
            ({ ours, baseline }) =>
                `${Math.round(ours.perSecond)}/s beside ${Math.round(baseline.perSecond)}/s`,
        ),
};
