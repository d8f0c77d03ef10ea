// kill -9, and started again at once: how long until a webhook is acknowledged.
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { audit } from '../audit.mjs';
import { sendEvents } from '../generator.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { account, token } from '../settings.mjs';

const ROWS = 20_000; // that are there already

/** A status callback of a call that nobody has heard of, signed as Twilio does. */
function statusCallback(port) {
    const url = `http://127.0.0.1:${port}/webhooks/twilio/voice-status`;
    const form = {
        AccountSid: account,
        CallSid: `CA${Date.now().toString(16).padStart(32, '0')}`,
        CallStatus: 'ringing',
        Direction: 'inbound',
        From: '+12025550100',
        To: '+12025550143',
    };
    const signed = url + Object.keys(form).sort().map((name) => name + form[name]).join('');
    const signature = createHmac('sha1', token).update(signed).digest('base64');
    return [url, { method: 'POST', body: new URLSearchParams(form), headers: { 'X-Twilio-Signature': signature } }];
}

async function acknowledged(port) {
    for (const request = statusCallback(port); ; await sleep(2)) {
        const status = await fetch(...request).then((answer) => answer.status, () => 0);
        if (status >= 200 && status < 300) return;
    }
}

async function ours(kind) {
    const store = await openStore(kind);
    const server = await startHookswitch(store);
    const acks = scratchPath('acks');
    await sendEvents(server, { count: ROWS, warmup: 0, seconds: 60, acks });
    server.child.kill('SIGKILL');
    await server.child.ended;
    const killed = performance.now();
    const again = startHookswitch(store, { port: server.port, directory: server.directory });
    await acknowledged(server.port);
    const seconds = (performance.now() - killed) / 1000;
    await (await again).stop();
    const wrong = audit(store, acks);
    store.close();
    return { seconds, faults: [wrong].filter(Boolean) };
}

const scenario = (kind, title) => ({
    name: `crash-${kind}`,
    isDurable: true,
    legs: { ours: () => ours(kind) },
    lines: [
        {
            name: `from kill -9 to the first acknowledgement, ${title}`,
            unit: 's',
            better: 'less',
            floor: 0.5,
            aim: 0.2,
            of: (l) => l.seconds,
        },
    ],
});

export const crashSqlite = scenario('sqlite', 'SQLite');
export const crashPostgres = scenario('postgres', 'PostgreSQL');
