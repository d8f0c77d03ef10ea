// What senders feel of a trouble that is not theirs: one pace of webhooks, alone and beside a disturbance. The
// floor is that of the faults: 1.5 × the P99 that they wait alone.
import { once } from 'node:events';
import { connect } from 'node:net';

import { askFor } from '../api.mjs';
import { audit, query } from '../audit.mjs';
import { fill, fillAndDrain } from '../drain.mjs';
import { sendEvents } from '../generator.mjs';
import { hookswitch } from '../paths.mjs';
import { onServerCores, start } from '../processes.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { settings } from '../settings.mjs';

const RATE = 300; // events a second
const DEAD_LETTERS = 10_000;
const COPIED = 20_000; // events in the database that is copied
const SLOW_PEERS = 2_000;
const SLOW_MS = 5_000; // from one byte of theirs to the next
const FORGED = 10_000; // a second

const longest = settings.warmup + settings.seconds + 2; // what disturbs ends after what it disturbs

async function makeDeadLetters(store) {
    await fill(store, DEAD_LETTERS, scratchPath('acks'));
    query(store, "UPDATE webhook_inbox SET processing_status = 'dead_letter', retry_count = 10, error = 'a benchmark'");
}

/** All of them at once, when the window begins. */
async function replay({ server, counted }) {
    await counted;
    const body = { filter: { processing_status: 'dead_letter' } };
    const { requested } = await askFor(server, '/api/events/reprocess', body);
    return `${requested} dead letters were replayed`;
}

/** One copy after the other until the window is over. */
async function copy({ store, over }) {
    let copies = 0;
    let ended = false;
    over.then(() => { ended = true; });
    for (; !ended; copies++) {
        const tool = start(onServerCores(hookswitch, ['backup', scratchPath('copy.db')]), {
            env: { PATH: process.env.PATH, DATABASE_URL: store.url },
        });
        tool.stdout.resume();
        const { code } = await tool.ended;
        if (code !== 0) throw new Error(`the backup failed: ${tool.said}`);
    }
    return `${copies} copies were made`;
}

/** A head that never ends, and another when it was refused; as many at once. */
async function crawl({ server, over }) {
    let connected = 0;
    let dropped = 0;
    let ended = false;
    const one = async () => {
        while (!ended) {
            const socket = connect(server.port, '127.0.0.1', () => { connected += 1; }).on('error', () => {});
            const feed = setInterval(() => socket.write('x'), SLOW_MS);
            socket.resume().write('POST /webhooks/twilio/voice-status HTTP/1.1\r\nX: ');
            await Promise.race([once(socket, 'close'), over]);
            clearInterval(feed);
            dropped += ended ? 0 : 1;
            socket.destroy();
        }
    };
    const all = Array.from({ length: SLOW_PEERS }, one);
    await over;
    ended = true;
    await Promise.all(all);
    return `${connected} slow peers came, ${dropped} were dropped meanwhile`;
}

async function forge({ server }) {
    const forged = { token: 'a-token-that-is-not-the-accounts-0', rate: FORGED, warmup: 0, seconds: longest };
    const { refused, counted } = await sendEvents(server, forged);
    if (counted > 0) throw new Error(`${counted} forged events were acknowledged`);
    return `${refused} forged events were refused`;
}

const disturbances = [
    { name: 'redrive', kind: 'postgres', title: '10,000 dead letters that are replayed', prepare: makeDeadLetters, disturb: replay },
    {
        name: 'backup',
        kind: 'sqlite',
        title: 'backups, one after the other',
        prepare: (store) => fillAndDrain(store, COPIED, scratchPath('acks')),
        disturb: copy,
    },
    { name: 'slow', kind: 'postgres', title: `${SLOW_PEERS} heads of a byte in 5 s`, disturb: crawl },
    { name: 'forged', kind: 'postgres', title: '10,000 forged events/s', disturb: forge },
];

async function leg({ kind, prepare, disturb }) {
    const store = await openStore(kind);
    await prepare?.(store);
    const server = await startHookswitch(store);
    const acks = scratchPath('acks');
    let begin, end;
    const counted = new Promise((resolve) => { begin = resolve; });
    const over = new Promise((resolve) => { end = resolve; });
    const disturbed = disturb?.({ server, store, counted, over });
    const r = await sendEvents(server, { rate: RATE, acks }, { counted: begin, stop: end });
    const said = await disturbed;
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return {
        p50: r.latency.p50_us,
        p99: r.latency.p99_us,
        said,
        faults: [wrong, r.refused && `${r.refused} events were refused`].filter(Boolean),
    };
}

const scenario = (row) => ({
    name: `beside-${row.name}`,
    isDurable: true,
    legs: { ours: () => leg(row), baseline: () => leg({ ...row, disturb: undefined }) },
    lines: [
        {
            name: `ack P99 of ${RATE}/s beside ${row.title} ÷ alone`,
            unit: 'µs',
            better: 'less',
            floor: 1.5,
            aim: 1.1,
            of: (l) => l.p99,
        },
    ],
    note: (pairs) => pairs.map(({ ours, baseline }) => `P50 ${ours.p50} µs beside ${baseline.p50}; ${ours.said}`),
});

export const beside = disturbances.map(scenario);
