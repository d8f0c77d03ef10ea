// What it costs to hold all calls that go on against the provider: requests of one hot run, beside one for
// each call; then, when all are over, how long it takes until those that have ended untold are found by the runs
// that are due by themselves, and whether the run of the night leaves any call otherwise than the provider tells
// it. The provider is the sandbox, which has lost callbacks and ends, and has a limit below the pace that we are
// given. A run looks at calls of which nothing was heard for a minute, so the leg takes some minutes.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { ask } from '../api.mjs';
import { query } from '../audit.mjs';
import { build } from '../paths.mjs';
import { freePort, onGeneratorCore, start, stop } from '../processes.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { account, apiKey, settings, token } from '../settings.mjs';

const CALLS = settings.form === 'long' ? 10_000 : 2_000;
const SILENT_MS = 65_000;
const THEIR_LIMIT = 100; // requests a second
const OUR_PACE = 120;
const PRICE_AFTER_S = 5;
const REFUSED_MOST = 0.1; // of all requests
const MENDED_WITHIN_S = 600; // docs/slo.md
const DEADLINE_MS = (MENDED_WITHIN_S + 60) * 1000;
const GOING_ON = ['queued', 'initiated', 'ringing', 'in-progress'];

function startSandbox(server, port) {
    const chaos = ['--lose', '0.05', '--lose-ends', '0.02', '--rest-per-second', THEIR_LIMIT, '--rate-limit', '0.01'];
    const pace = ['--rate', '60000', '--burst', '100', '--speed', '0.3', '--price-after', PRICE_AFTER_S];
    const who = ['--account', account, '--token', token, '--number', '+12025550143'];
    const args = ['twilio', '--to', `http://127.0.0.1:${server.port}`, '--port', port, '--quiet', '--stay'];
    const all = [...args, '--calls', CALLS, ...pace, ...chaos, ...who].map(String);
    const child = start(onGeneratorCore(`${build}/sandbox`, all));
    const over = new Promise((resolve) => {
        createInterface(child.stdout).on('line', (line) => line === 'All calls are over' && resolve());
    });
    return { child, over };
}

/** Between us and the provider: counts what is asked, and what is refused. */
async function countBetween(port) {
    const counts = { asked: 0, refused: 0 };
    const server = createServer((asked, answer) => {
        counts.asked += 1;
        const { method, headers, url: path } = asked;
        const passed = request({ port, host: '127.0.0.1', method, path, headers }, (theirs) => {
            if (theirs.statusCode === 429) counts.refused += 1;
            answer.writeHead(theirs.statusCode, theirs.headers);
            theirs.pipe(answer);
        });
        passed.on('error', () => answer.destroy());
        asked.pipe(passed);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        counts,
        url: `http://127.0.0.1:${server.address().port}`,
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
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

async function runOf(server, job) {
    const path = `/api/jobs/${job}/runs`;
    const headers = { Authorization: `Bearer ${apiKey}` };
    // 409 while the one that was due by itself is under way
    const run = await until(`a run of ${job} is taken`, async () => {
        const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers });
        return answer.status === 202 ? answer.json() : undefined;
    });
    const ended = await until(`the run of ${job} has ended`, async () => {
        const seen = await ask(server, `${path}/${run.id}`);
        return ['succeeded', 'failed'].includes(seen.state) ? seen : undefined;
    });
    if (ended.state !== 'succeeded') throw new Error(`the run of ${job} failed: ${ended.error}`);
    return ended;
}

const lineOf = (call) =>
    `${call.sid} ${call.status} ${Number(call.duration)} ${Number(call.price ?? 0).toFixed(4)}`;

/** All calls as the provider tells them. */
async function toldBy(port) {
    const headers = { Authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` };
    const calls = [];
    for (let path = `/2010-04-01/Accounts/${account}/Calls.json?PageSize=1000`; path; ) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
        if (answer.status === 429) {
            await sleep(1000);
            continue;
        }
        const page = await answer.json();
        calls.push(...page.calls.map(lineOf));
        path = page.next_page_uri;
    }
    return calls;
}

const oursIn = (price) =>
    `SELECT twilio_sid || ' ' || status || ' ' || coalesce(duration, 0) || ' ' || ${price} FROM calls`;

const OURS = {
    postgres: oursIn('round(coalesce(price, 0), 4)'),
    sqlite: oursIn("printf('%.4f', coalesce(price, 0))"),
};

/** How many of the provider's calls are otherwise here. */
function drift(store, told) {
    const ours = new Set(query(store, OURS[store.kind]));
    return told.filter((call) => !ours.has(call)).length;
}

/** One hot run over calls that all go on. */
async function whileTheyGoOn(server) {
    await until('the calls have begun', async () => (await goingOn(server)) >= CALLS * 0.9);
    await sleep(SILENT_MS);
    const calls = await goingOn(server);
    const began = Date.now();
    const { counts } = await runOf(server, 'reconcile_hot');
    const { requests = 0, synced = 0, checked = 0 } = counts;
    return { share: requests / calls, calls, requests, synced, checked, seconds: (Date.now() - began) / 1000 };
}

/** What is left to find when all are over: by itself, and, as to the price, in the run of the night. */
async function whenTheyAreOver(server) {
    const stuck = await goingOn(server);
    const began = Date.now();
    await until('all that has ended is known to have', async () => (await goingOn(server)) === 0);
    const mending = (Date.now() - began) / 1000;
    await sleep(SILENT_MS);
    await runOf(server, 'reconcile_cold');
    return { stuck, mending };
}

async function ours(kind) {
    const store = await openStore(kind);
    const port = await freePort();
    const between = await countBetween(port);
    const server = await startHookswitch(store, {
        env: { TWILIO_BASE_URL: between.url, PROVIDER_REQUESTS_PER_SECOND: OUR_PACE },
    });
    const sandbox = startSandbox(server, port);
    const hot = await whileTheyGoOn(server);
    await sandbox.over;
    const rest = await whenTheyAreOver(server);
    await server.stop();
    between.close();
    const told = await toldBy(port);
    await stop(sandbox.child);
    const left = drift(store, told);
    store.close();
    const { asked, refused } = between.counts;
    return {
        ...hot,
        ...rest,
        asked,
        refused,
        told: told.length,
        faults: [
            hot.checked === 0 && 'nothing was looked at',
            left > 0 && `${left} of ${told.length} calls are otherwise than the provider tells them`,
            rest.stuck === 0 && 'every end was told: nothing was to be found',
            rest.mending > MENDED_WITHIN_S && `mended in ${rest.mending} s, later than promised`,
            refused === 0 && 'the provider never refused',
            refused > REFUSED_MOST * asked && `${refused} of ${asked} requests were refused: a storm`,
        ].filter(Boolean),
    };
}

const scenario = (name, kind) => ({
    name,
    legs: { ours: () => ours(kind) },
    lines: [
        {
            name: `${kind}: requests of a hot run ÷ calls that go on`,
            unit: '',
            better: 'less',
            floor: 0.2,
            aim: 0.05,
            of: (l) => l.share,
        },
    ],
    note: (pairs) =>
        pairs.map(({ ours: a }) =>
            [
                `${a.requests} requests for ${a.calls} calls, ${a.synced} mended, in ${a.seconds.toFixed(1)} s`,
                `when all ${a.told} were over ${a.stuck} seemed to go on; by itself that was mended in ${a.mending.toFixed(1)} s`,
                `${a.refused} of ${a.asked} requests were refused`,
            ].join('; '),
        ),
});

export const reconcile = [scenario('reconcile', 'sqlite'), scenario('reconcile-postgres', 'postgres')];
