// What it costs to hold all calls that go on against the provider: requests of one hot run, beside one for
// each call. The provider is the sandbox, which has lost callbacks and ends; a run looks at calls of which
// nothing was heard for a minute, so the leg takes longer than that.
import { setTimeout as sleep } from 'node:timers/promises';

import { ask } from '../api.mjs';
import { build } from '../paths.mjs';
import { freePort, onGeneratorCore, start, stop } from '../processes.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { account, apiKey, settings, token } from '../settings.mjs';

const CALLS = settings.form === 'long' ? 10_000 : 2_000;
const SILENT_MS = 65_000;
const DEADLINE_MS = 180_000;
const GOING_ON = ['queued', 'initiated', 'ringing', 'in-progress'];

function startSandbox(server, port) {
    const chaos = ['--lose', '0.05', '--lose-ends', '0.02', '--rest-per-second', '100'];
    const pace = ['--rate', '60000', '--burst', '100', '--speed', '0.3'];
    const who = ['--account', account, '--token', token, '--number', '+12025550143'];
    const args = ['twilio', '--to', `http://127.0.0.1:${server.port}`, '--port', port, '--quiet', '--stay'];
    const all = [...args, '--calls', CALLS, ...pace, ...chaos, ...who].map(String);
    const child = start(onGeneratorCore(`${build}/sandbox`, all));
    child.stdout.resume();
    return child;
}

async function until(what, look) {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`${what}: not within ${DEADLINE_MS} ms`);
        await sleep(100);
    }
}

async function goingOn(server) {
    const pages = GOING_ON.map((status) => ask(server, `/api/calls?status=${status}&visibility=all&limit=1`));
    return (await Promise.all(pages)).reduce((sum, { total }) => sum + total, 0);
}

async function hotRun(server) {
    const path = '/api/jobs/reconcile_hot/runs';
    const headers = { Authorization: `Bearer ${apiKey}` };
    // 409 while the one that was due by itself is under way
    const run = await until('a run is taken', async () => {
        const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers });
        return answer.status === 202 ? answer.json() : undefined;
    });
    return until('the run has ended', async () => {
        const seen = await ask(server, `${path}/${run.id}`);
        return ['succeeded', 'failed'].includes(seen.state) ? seen : undefined;
    });
}

async function ours() {
    const store = await openStore('sqlite');
    const port = await freePort();
    const server = await startHookswitch(store, { env: { TWILIO_BASE_URL: `http://127.0.0.1:${port}` } });
    const sandbox = startSandbox(server, port);
    await until('the calls have begun', async () => (await goingOn(server)) >= CALLS * 0.9);
    await sleep(SILENT_MS);
    const calls = await goingOn(server);
    const began = Date.now();
    const run = await hotRun(server);
    const seconds = (Date.now() - began) / 1000;
    await stop(sandbox);
    await server.stop();
    store.close();
    const { requests = 0, synced = 0, checked = 0 } = run.counts;
    return {
        share: requests / calls,
        calls,
        requests,
        synced,
        seconds,
        faults: [
            run.state !== 'succeeded' && `the run failed: ${run.error}`,
            checked === 0 && 'nothing was looked at',
        ].filter(Boolean),
    };
}

export const reconcile = {
    name: 'reconcile',
    legs: { ours },
    lines: [
        {
            name: 'requests of a hot run ÷ calls that go on',
            unit: '',
            better: 'less',
            floor: 0.2,
            aim: 0.05,
            of: (l) => l.share,
        },
    ],
    note: (pairs) =>
        pairs.map(
            ({ ours: a }) =>
                `${a.requests} requests for ${a.calls} calls, ${a.synced} mended, in ${a.seconds.toFixed(1)} s`,
        ),
};
