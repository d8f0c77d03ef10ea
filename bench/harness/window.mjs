// One counted window: load from the generator, CPU time from /proc.
import { load } from './generator.mjs';
import { cpuSeconds } from './processes.mjs';

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
