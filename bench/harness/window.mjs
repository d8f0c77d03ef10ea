// One counted window: load from the generator, CPU time from /proc.
import { load, newRun } from './generator.mjs';
import { cpuSeconds } from './processes.mjs';
import { settings, token } from './settings.mjs';

const PRESIGNED_PER_SECOND = 50_000;

/** As many events, signed before the start, as a window can send: to sign them meanwhile bounds the generator. */
export const presigned = () => PRESIGNED_PER_SECOND * (settings.warmup + settings.seconds);

/** Runs the load and adds `cpu`: the seconds that the server's family worked in the window. */
export async function measure(server, options) {
    let before;
    let after;
    const results = await load(
        { port: server.port, ...options },
        {
            counted: () => (before = cpuSeconds(server.roots)),
            stop: () => (after = cpuSeconds(server.roots)),
        },
    );
    return { ...results, cpu: after - before };
}

/** The same of signed webhooks on 64 connections, as fast as they are acknowledged. */
export function measureWebhooks(server, acks) {
    return measure(server, {
        connections: 64,
        run: newRun(),
        token,
        base_url: `http://127.0.0.1:${server.port}`,
        presign: presigned(),
        acks,
    });
}
