// What one project feels of another: its webhooks at a steady pace, alone and beside a project that sends ten
// times what it may; and beside people, or who pretends to be one, trying passwords.
import { execFileSync } from 'node:child_process';

import { audit } from '../audit.mjs';
import { newRun, sendEvents } from '../generator.mjs';
import { hookswitch } from '../paths.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { settings } from '../settings.mjs';

const RATE = 300; // events a second, of the one that is measured
const LIMIT = 500; // events a second that the noisy one may send
const NOISE = 10 * LIMIT;
const TRIERS = 16; // passwords under way at once
const OWNER = { email: 'owner@bench.example', password: 'the password of the benchmarks' };
const NOISY = { account: 'AC0000000000000000000000000000beef', token: 'the-token-of-the-noisy-project-00' };

const longest = settings.warmup + settings.seconds + 2; // the noise ends after what it disturbs

async function ask(server, path, { method = 'POST', body, headers } = {}) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
}

/** A second project with an account of its own, which may send LIMIT events a second. */
async function addNoisyProject(server, store) {
    const { access_token: token } = await ask(server, '/auth/login', { body: OWNER });
    const mine = { Authorization: `Bearer ${token}` };
    const { id } = await ask(server, '/projects', { body: { name: 'Noisy' }, headers: mine });
    const theirs = { ...mine, 'X-Project-Id': id };
    execFileSync(hookswitch, ['quota', id, 'webhooks_per_minute', String(60 * LIMIT)], {
        env: { PATH: process.env.PATH, DATABASE_URL: store.url },
    });
    await ask(server, `/api/connections/twilio/${NOISY.account}`, { method: 'PUT', body: { secret: NOISY.token }, headers: theirs });
    await knocks(server);
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

async function leg(prepare, disturb) {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, {
        env: {
            BOOTSTRAP_ADMIN_EMAIL: OWNER.email,
            BOOTSTRAP_ADMIN_PASSWORD: OWNER.password,
            TRUSTED_PROXIES: '127.0.0.1',
        },
    });
    await prepare?.(server, store);
    const acks = scratchPath('acks');
    const noise = disturb?.(server);
    const r = await sendEvents(server, { rate: RATE, acks });
    const noisy = await noise;
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        p50: r.latency.p50_us,
        p99: r.latency.p99_us,
        noisy: noisy && { counted: noisy.counted, refused: noisy.refused },
        faults: [wrong, r.refused && `${r.refused} events of the quiet project were refused`].filter(Boolean),
    };
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
    legs: { ours: () => leg(addNoisyProject, flood), baseline: () => leg(addNoisyProject) },
    lines: [p99(`ack P99 of ${RATE}/s beside a project that sends 10 × its limit ÷ alone`, 2.0, 1.2)],
    note,
};

export const passwords = {
    name: 'passwords',
    isDurable: true,
    legs: { ours: () => leg(undefined, tryPasswords), baseline: () => leg() },
    lines: [p99(`ack P99 of ${RATE}/s beside ${TRIERS} who try passwords ÷ alone`, 1.5, 1.1)],
    note,
};
