// A store with 100,000 conversations, made once in a run by calls through the door; and the server on it.
import { setTimeout as sleep } from 'node:timers/promises';

import { ask } from './api.mjs';
import { sendEvents } from './generator.mjs';
import { openStore, startHookswitch } from './servers.mjs';

const CROWD = 100_000;
const STEPS = 4; // events of a call, see bench/payload.h
const BLOCK = 256 * STEPS; // so many calls advance together
const APPLY_S = 600;

let gathered;

/** At least so many events, of calls that all come to their end. */
export const wholeCalls = (events) => Math.ceil(events / BLOCK) * BLOCK;

/** Events of callers who have called before; `options` as of sendEvents(). */
export function sendCalls(server, options, on) {
    return sendEvents(server, { single: 1, phones: CROWD, connections: 8, warmup: 0, ...options }, on);
}

/** Until everything that was acknowledged has been applied, of the project of this key. */
export async function applied(server, key) {
    const end = Date.now() + APPLY_S * 1000;
    for (;;) {
        const { inbox } = await ask(server, '/api/health/sync', key);
        if (inbox.pending === 0 && !inbox.spool_bytes) return; // not every project is told of the spool
        if (Date.now() > end) throw new Error(`not everything was applied within ${APPLY_S} s`);
        await sleep(50);
    }
}

async function gather() {
    const store = await openStore('sqlite');
    const server = await startHookswitch(store);
    await sendCalls(server, { count: wholeCalls(CROWD * STEPS), connections: 64, seconds: APPLY_S });
    await applied(server);
    return { store, server };
}

/** { store, server } with a conversation for each number. */
export const crowd = () => (gathered ??= gather());
