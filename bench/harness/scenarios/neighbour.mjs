// What one project feels of another: its webhooks at a steady pace, alone and beside a project that sends ten
// times what it may; its reads beside one that reads so often; and its webhooks beside people, or who pretends to be
// one, trying passwords.
import { execFileSync } from 'node:child_process';

import { ownerEnv, signIn, speak } from '../api.mjs';
import { audit } from '../audit.mjs';
import { fillConversations, PAGE } from '../conversations.mjs';
import { load, newRun, sendEvents } from '../generator.mjs';
import { hookswitch } from '../paths.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { apiKey, settings } from '../settings.mjs';

const RATE = 300; // events a second, of the one that is measured
const LIMIT = 500; // events a second that the noisy one may send
const NOISE = 10 * LIMIT;
const TRIERS = 16; // passwords under way at once
const READ_RATE = 100; // pages a second, of the one that is measured
const READ_LIMIT = 100; // requests a second that the noisy one may make
const NOISY = { account: 'AC0000000000000000000000000000beef', token: 'the-token-of-the-noisy-project-00' };

const longest = settings.warmup + settings.seconds + 2; // the noise ends after what it disturbs

/** A second project with an account of its own, which may do so much in a minute; how to act for it. */
async function addProject(server, store, quota, perMinute) {
    const token = await signIn(server);
    const { id } = await speak(server, '/projects', { key: token, method: 'POST', body: { name: 'Noisy' } });
    const theirs = { key: token, project: id };
    execFileSync(hookswitch, ['quota', id, quota, String(perMinute)], {
        env: { PATH: process.env.PATH, DATABASE_URL: store.url },
    });
    await speak(server, `/api/connections/twilio/${NOISY.account}`, { ...theirs, method: 'PUT', body: { secret: NOISY.token } });
    await knocks(server);
    return theirs;
}

const addNoisySender = (server, store) => addProject(server, store, 'webhooks_per_minute', 60 * LIMIT);

/** A project with as many conversations as the other, and the key with which it reads them. */
async function addNoisyReader(server, store) {
    const theirs = await addProject(server, store, 'api_requests_per_minute', 60 * READ_LIMIT);
    const { secret: key } = await speak(server, '/api/keys', {
        ...theirs,
        method: 'POST',
        body: { name: 'reads too often', rights: ['calls.read', 'health.read'] },
    });
    await fillConversations(server, store, { ...NOISY, key });
    await fillConversations(server, store);
    return key;
}

/** Until the account may knock: a node looks once a second. */
async function knocks(server) {
    for (let i = 0; i < 20; i++) {
        const r = await sendEvents(server, { ...NOISY, rate: 10, warmup: 0, seconds: 1, run: newRun() });
        if (r.counted > 0) return;
    }
    throw new Error('the noisy account was never let in');
}

const flood = (server) => sendEvents(server, { ...NOISY, rate: NOISE, warmup: 0, seconds: longest });

const readTooOften = (server, bearer) =>
    load({ port: server.port, get: PAGE, bearer, connections: 64, rate: 10 * READ_LIMIT, warmup: 0, seconds: longest });

/** Wrong passwords of many people from many addresses, as many at once as the server lets in. */
async function tryPasswords(server) {
    const until = Date.now() + longest * 1000;
    let tried = 0;
    const one = async (i) => {
        while (Date.now() < until) {
            tried += 1;
            await fetch(`http://127.0.0.1:${server.port}/auth/login`, {
                method: 'POST',
                headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `10.${i}.${tried >> 8 & 255}.${tried & 255}` },
                body: JSON.stringify({ email: `nobody${tried}@bench.example`, password: 'a wrong password' }),
            }).then((answer) => answer.arrayBuffer());
        }
    };
    await Promise.all(Array.from({ length: TRIERS }, (_, i) => one(i)));
    return { counted: tried, refused: 0 };
}

async function start() {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, { env: { ...ownerEnv, TRUSTED_PROXIES: '127.0.0.1' } });
    return { store, server };
}

const felt = (r, noisy, faults) => ({
    p50: r.latency.p50_us,
    p99: r.latency.p99_us,
    noisy: noisy && { counted: noisy.counted, refused: noisy.refused },
    faults: [...faults, r.refused && `${r.refused} requests of the quiet project were refused`].filter(Boolean),
});

async function leg(prepare, disturb) {
    const { store, server } = await start();
    await prepare?.(server, store);
    const acks = scratchPath('acks');
    const noise = disturb?.(server);
    const r = await sendEvents(server, { rate: RATE, acks });
    const noisy = await noise;
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return felt(r, noisy, [wrong]);
}

async function readLeg(disturb) {
    const { store, server } = await start();
    const theirKey = await addNoisyReader(server, store);
    const noise = disturb?.(server, theirKey);
    const r = await load({ port: server.port, get: PAGE, bearer: apiKey, connections: 8, rate: READ_RATE });
    const noisy = await noise;
    await server.stop();
    store.close();
    return felt(r, noisy, [noisy && !noisy.refused && 'the noisy project was never told to wait']);
}

const p99 = (name, floor, aim) => ({ name, unit: 'µs', better: 'less', floor, aim, of: (l) => l.p99 });
const note = (pairs) =>
    pairs.map(
        ({ ours, baseline }) =>
            `P50 ${ours.p50} µs beside ${baseline.p50}; of the noise ${ours.noisy.counted} were served, ${ours.noisy.refused} refused`,
    );

export const neighbour = {
    name: 'neighbour',
    isDurable: true,
    legs: { ours: () => leg(addNoisySender, flood), baseline: () => leg(addNoisySender) },
    lines: [p99(`ack P99 of ${RATE}/s beside a project that sends 10 × its limit ÷ alone`, 2.0, 1.2)],
    note,
};

export const neighbourApi = {
    name: 'neighbour-api',
    isDurable: true,
    legs: { ours: () => readLeg(readTooOften), baseline: () => readLeg() },
    lines: [p99(`read P99 of ${READ_RATE}/s beside a project that asks 10 × its limit ÷ alone`, 2.0, 1.2)],
    note,
};

export const passwords = {
    name: 'passwords',
    isDurable: true,
    legs: { ours: () => leg(undefined, tryPasswords), baseline: () => leg() },
    lines: [p99(`ack P99 of ${RATE}/s beside ${TRIERS} who try passwords ÷ alone`, 1.5, 1.1)],
    note,
};
