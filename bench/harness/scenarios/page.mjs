// The list of 100,000 conversations beside a plain React table of them: until it is there, and while it is
// scrolled through with 100 updates/s coming in. Frames are counted by requestAnimationFrame.
import { setTimeout as sleep } from 'node:timers/promises';

import { openPage, scroll, session } from '../browser.mjs';
import { crowd, sendCalls, wholeCalls } from '../crowd.mjs';
import { startReactTable } from '../servers.mjs';

const RATE = 100;
const HAND = { speed: 3000, seconds: 10 }; // pixels per second
const WAY = HAND.speed * HAND.seconds;
const FRAME_MS = 1000 / 60;
const SETTLE_MS = 3000; // what is drawn is told later
const ROW = '[data-conversation]';

async function openOurs() {
    const { server } = await crowd();
    return {
        url: `http://127.0.0.1:${server.port}/app/calls`,
        scroller: ':has(> ul[aria-label="Conversations"])',
        cookies: await session(server),
        stop: () => {},
    };
}

async function openTable() {
    const { store, server } = await crowd();
    const table = await startReactTable(store, server);
    return { url: `http://127.0.0.1:${table.port}/`, scroller: ':root', stop: table.stop };
}

/** The nearest rank, of numbers in order. */
const percentile = (sorted, p) => sorted[Math.ceil((p / 100) * sorted.length) - 1];

function framesOf(deltas) {
    const sorted = [...deltas].sort((a, b) => a - b);
    return {
        n: sorted.length,
        p50: percentile(sorted, 50),
        p99: percentile(sorted, 99),
        worst: sorted.at(-1),
        late: sorted.filter((ms) => ms > 1.5 * FRAME_MS).length,
    };
}

async function scrollUnderLoad(opened) {
    const { server } = await crowd();
    let frames;
    await sendCalls(
        server,
        { rate: RATE, count: wholeCalls(RATE * HAND.seconds), seconds: 2 * HAND.seconds },
        { counted: () => void (frames = scroll(opened, HAND)) },
    );
    return framesOf(await frames);
}

async function leg(open) {
    const { url, scroller, cookies, stop } = await open();
    const opened = await openPage({ session: cookies, first: ROW });
    const { page, close } = opened;
    await page.goto(url, { waitUntil: 'commit' });
    const rows = await page.evaluate(() => seen.first);
    await sleep(SETTLE_MS);
    const lcp = await page.evaluate(() => seen.lcp);
    const frames = await scrollUnderLoad(opened);
    const way = await page.evaluate((selector) => document.querySelector(selector).scrollTop, scroller);
    await close();
    await stop();
    const faults = [lcp === 0 && 'nothing was drawn', way < WAY / 2 && `it was scrolled by ${way} pixels only`];
    return { lcp, rows, frames, faults: faults.filter(Boolean) };
}

function describe(name, { frames, rows, lcp }) {
    return `${name}: LCP ${lcp.toFixed(0)} ms, first rows ${rows.toFixed(0)} ms, ${frames.n} frames, P50 ${frames.p50.toFixed(1)}, P99 ${frames.p99.toFixed(1)}, worst ${frames.worst.toFixed(1)} ms, ${frames.late} late`;
}

export const page = {
    name: 'page',
    legs: { ours: () => leg(openOurs), baseline: () => leg(openTable) },
    lines: [
        {
            name: '100,000 rows, LCP ÷ a plain React table',
            unit: 'ms',
            better: 'less',
            floor: 0.5,
            aim: 0.25,
            of: (l) => l.lcp,
        },
        {
            name: '100,000 rows, first of them ÷ those of the table',
            unit: 'ms',
            better: 'less',
            floor: 0.5,
            aim: 0.25,
            of: (l) => l.rows,
        },
        {
            name: `P99 frame, scrolled, ${RATE} updates/s ÷ that of the table`,
            unit: 'ms',
            better: 'less',
            floor: 0.2,
            of: (l) => l.frames.p99,
        },
    ],
    note: (pairs) => pairs.flatMap(({ ours, baseline }) => [describe('ours', ours), describe('baseline', baseline)]),
};
