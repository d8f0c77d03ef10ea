// Runs bench-load and turns what it says into values.
import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';

import { generator } from './paths.mjs';
import { onGeneratorCore, onServerCores, start } from './processes.mjs';
import { settings, token } from './settings.mjs';

function toArgs(command, options) {
    const defined = Object.entries(options).filter(([, value]) => value !== undefined);
    return [command, ...defined.map(([name, value]) => `${name}=${value}`)];
}

/** A number that makes the calls of one leg different from all others. */
export const newRun = () => randomInt(1, 2 ** 47);

/** Runs to the end, calling `on.ready`, `on.counted`, `on.stop` as they come; returns the results. */
async function follow(child, on) {
    let results;
    for await (const line of createInterface({ input: child.stdout })) {
        const said = JSON.parse(line);
        if (said.at === 'end') results = said;
        else await on[said.at]?.();
    }
    const { code } = await child.ended;
    if (code !== 0 || !results) throw new Error(`the generator failed: ${child.said}`);
    return results;
}

/** One counted window of load; see bench/load.c for the options. */
export function load(options, on = {}) {
    const timed = { warmup: settings.warmup, seconds: settings.seconds };
    return follow(start(onGeneratorCore(generator, toArgs('send', { ...timed, ...options }))), on);
}

/** Signed events of new calls on 64 connections; `options` add to that, or change it. */
export function sendEvents(server, options, on) {
    return load(
        {
            port: server.port,
            connections: 64,
            run: newRun(),
            token,
            base_url: `http://127.0.0.1:${server.port}`,
            ...options,
        },
        on,
    );
}

/** 2,000 × (append 4 KB + fdatasync) where the databases are, on the server's core. */
export async function probeFloor(directory) {
    const child = start(onServerCores(generator, toArgs('probe', { dir: directory })));
    return (await follow(child, {})).fdatasync;
}

export function startSink(options) {
    return start(onServerCores(generator, toArgs('sink', options)));
}
