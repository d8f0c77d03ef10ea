// What an hour does to the list of 100,000 conversations: as many updates as 10/s make in it, as fast as the page
// follows, with a look at what is going on after every three minutes. And how large the page is.
import { gzipSync } from 'node:zlib';

import { ask } from '../api.mjs';
import { openPage, session } from '../browser.mjs';
import { applied, crowd, sendCalls, wholeCalls } from '../crowd.mjs';

const UPDATES = 36_000;
const PORTION = wholeCalls(1800); // of about three minutes
const RATE = 1000; // events that come faster are not patched in one by one
const ALL_CALLS = '/app/calls';
const LIVE = '/app/';
const LIST = 'ul[aria-label="Conversations"] *';
const ROW = '[data-conversation]';

/** Bytes that the page lives on, when what it has thrown away is gone. */
async function heap(devtools) {
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    return usedSize;
}

/** Notes the scripts that are fetched from now on: their compressed bytes so far. */
function noteScripts(page) {
    const sizes = [];
    page.on('response', (response) => {
        if (response.request().resourceType() !== 'script') return;
        sizes.push(response.body().then((body) => gzipSync(body).length));
    });
    return async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Goes to a view as a person does, without loading the page anew. */
async function visit(page, view) {
    await page.click(`nav a[href="${view}"]`);
    await page.locator(ROW).first().waitFor();
}

/** Until the page says that the last event of the feed is in it. */
async function followed(page, server) {
    const { last_seq: last } = await ask(server, '/api/events?after_seq=0&limit=1');
    await page.locator('[data-connection="live"]', { hasText: `Event ${last.toLocaleString('en')}` }).waitFor();
}

/** A portion of updates, and a look elsewhere. */
async function live(page, server) {
    await sendCalls(server, { count: PORTION, rate: RATE, seconds: 60 });
    await applied(server);
    await followed(page, server);
    await visit(page, LIVE);
    await visit(page, ALL_CALLS);
}

async function ours() {
    const { server } = await crowd();
    const { page, devtools, close } = await openPage({ session: await session(server), slower: 1 });
    const scripts = noteScripts(page);
    let nodes = 0;

    await page.goto(`http://127.0.0.1:${server.port}${ALL_CALLS}`);
    await page.locator(ROW).first().waitFor();
    const scriptBytes = await scripts();
    await live(page, server); // what is loaded on the first look is no growth
    const before = await heap(devtools);
    for (let sent = 0; sent < UPDATES; sent += PORTION) {
        await live(page, server);
        nodes = Math.max(nodes, await page.locator(LIST).count());
    }
    const after = await heap(devtools);
    const ofDocument = await page.locator('*').count();
    await close();
    return { scriptKb: scriptBytes / 1e3, nodes, ofDocument, before, growthMb: (after - before) / 1e6 };
}

const budget = (name, unit, floor, of) => ({ name, unit, better: 'less', floor, of });

export const pageHour = {
    name: 'page-hour',
    isOnce: true,
    legs: { ours },
    lines: [
        budget('scripts of the first page, compressed', 'KB', 180, (l) => l.scriptKb),
        budget('nodes in a list of 100,000', '', 600, (l) => l.nodes),
        budget('heap growth, 36,000 updates (1 h)', 'MB', 20, (l) => l.growthMb),
    ],
    note: (pairs) =>
        pairs.map(
            ({ ours: l }) => `the heap was ${(l.before / 1e6).toFixed(1)} MB; the document has ${l.ofDocument} elements`,
        ),
};
