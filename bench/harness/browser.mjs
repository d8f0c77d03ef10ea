// A person's browser: Debian's Chromium, headless, one page at a time, its processor slowed down.
import { createRequire } from 'node:module';

import { baselines } from './paths.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SLOWER = 4;
const SCREEN = { width: 1440, height: 900 };
const PATIENCE_MS = 300_000; // a plain table of 100,000 rows takes long
const ARGS = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--no-first-run',
    '--disable-component-update',
    '--disable-sync',
];

let browser;

async function openBrowser() {
    const { chromium } = createRequire(`${baselines}/package.json`)('playwright-core');
    browser ??= await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    return browser;
}

export async function closeBrowser() {
    await browser?.close();
    browser = undefined;
}

let signedIn;

async function signIn(server) {
    const context = await (await openBrowser()).newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.port}${await server.loginPath}`);
    const state = await context.storageState();
    await context.close();
    return state;
}

/** What somebody who has opened the one-time link of the server is known by; of one server in a run. */
export const session = (server) => (signedIn ??= signIn(server));

/**
 * A page with nothing in its caches: { page, devtools, close }. `session` is of session(). Told from within:
 * `seen.lcp`, and `seen.first`, when the first element that `first` selects was drawn; in ms.
 */
export async function openPage({ session: storageState, first, slower = SLOWER }) {
    const context = await (await openBrowser()).newContext({ viewport: SCREEN, locale: 'en-US', storageState });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const devtools = await context.newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: slower });
    if (first) await page.addInitScript(watch, first);
    return { page, devtools, close: () => context.close() };
}

/** Runs in the page, before anything else. */
function watch(selector) {
    const seen = { lcp: 0 };
    const drawn = (tell) =>
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => tell(performance.now());
            port2.postMessage(null);
        });
    new PerformanceObserver((list) => {
        seen.lcp = list.getEntries().at(-1).startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
    seen.first = new Promise((tell) => {
        const observer = new MutationObserver(() => {
            if (!document.querySelector(selector)) return;
            observer.disconnect();
            drawn(tell);
        });
        observer.observe(document, { childList: true, subtree: true });
    });
    globalThis.seen = seen;
}

/** Scrolls as a hand does, in the middle of the page; the milliseconds from each frame to the next. */
export async function scroll({ page, devtools }, { speed, seconds }) {
    const frames = page.evaluate(countFrames, seconds * 1000);
    await devtools.send('Input.synthesizeScrollGesture', {
        x: SCREEN.width / 4,
        y: SCREEN.height / 2,
        yDistance: -speed * seconds,
        speed,
        gestureSourceType: 'mouse',
    });
    return frames;
}

/** Runs in the page. */
function countFrames(ms) {
    return new Promise((resolve) => {
        const deltas = [];
        let start;
        let last;
        const turn = (now) => {
            start ??= now;
            if (last !== undefined) deltas.push(now - last);
            last = now;
            if (now - start < ms) requestAnimationFrame(turn);
            else resolve(deltas);
        };
        requestAnimationFrame(turn);
    });
}
