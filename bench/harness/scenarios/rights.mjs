// What rights cost a read. A program's key is one look, and any server that knows who asks needs one. A person's roles
// are asked for at each request on top of it, for an access token says who it is and not what they may.
import { ownerEnv, signIn } from '../api.mjs';
import { fillConversations, readConversations } from '../conversations.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { apiKey } from '../settings.mjs';

async function leg(bearerOf) {
    const store = await openStore('postgres');
    const server = await startHookswitch(store, { env: ownerEnv });
    await fillConversations(server, store);
    const r = await readConversations(server, await bearerOf(server));
    await server.stop();
    store.close();
    return r;
}

export const rightsRead = {
    name: 'rights-read',
    isDurable: true,
    legs: { ours: () => leg(signIn), baseline: () => leg(() => apiKey) },
    lines: [
        {
            name: "pages of conversations, by a person's roles ÷ by a key",
            unit: '/CPU s',
            better: 'more',
            floor: 0.95,
            aim: 1,
            of: (l) => l.perCpuSecond,
        },
    ],
};
