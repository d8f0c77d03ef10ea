// What row-level security costs: the same work as the role that it holds, and as a superuser, whom it does not.
import { audit } from '../audit.mjs';
import { fillConversations, readConversations } from '../conversations.mjs';
import { fillAndDrain } from '../drain.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { apiKey, settings } from '../settings.mjs';
import { measureWebhooks } from '../window.mjs';

const ROWS = settings.form === 'long' ? 120_000 : 40_000;

const walled = () => openStore('postgres');
const open = () => openStore('postgres', { user: 'bench', binary: settings.before });

async function ingest(makeStore) {
    const store = await makeStore();
    const server = await startHookswitch(store, { roles: 'door,api' });
    const acks = scratchPath('acks');
    const r = await measureWebhooks(server, acks);
    await server.stop();
    const wrong = audit(store, acks);
    store.close();
    return { perCpuSecond: r.counted / r.cpu, faults: [wrong].filter(Boolean) };
}

async function work(makeStore) {
    const store = await makeStore();
    const acks = scratchPath('acks');
    const { left, perCpuSecond } = await fillAndDrain(store, ROWS, acks);
    const wrong = audit(store, acks);
    store.close();
    return { perCpuSecond, faults: [wrong, left > 0 && `${left} rows were not applied`].filter(Boolean) };
}

async function read(makeStore) {
    const store = await makeStore();
    const server = await startHookswitch(store);
    await fillConversations(server, store);
    const r = await readConversations(server, apiKey);
    await server.stop();
    store.close();
    return r;
}

function scenario(name, what, leg) {
    return {
        name,
        isDurable: true,
        legs: { ours: () => leg(walled), baseline: () => leg(open) },
        lines: [
            {
                name: `${what}, row-level security ÷ none`,
                unit: '/CPU s',
                better: 'more',
                floor: 0.95,
                aim: 1,
                of: (l) => l.perCpuSecond,
            },
        ],
    };
}

export const wallIngest = scenario('wall-ingest', 'durable acks', ingest);
export const wallWorker = scenario('wall-worker', 'rows applied', work);
export const wallRead = scenario('wall-read', 'pages of conversations', read);
