// The generator's own proof: what it does against a server that does nothing. A leg that uses more
// than a third of it is void.
import { setTimeout as sleep } from 'node:timers/promises';

import { load, newRun, startSink } from './generator.mjs';
import { freePort } from './processes.mjs';
import { token } from './settings.mjs';

const SECONDS = 2;
let proven;

export async function proveGenerator() {
    if (proven) return proven;
    const port = await freePort();
    const run = newRun();
    const sink = startSink({ port, run, seconds: 4 * SECONDS });
    await sleep(200);
    const options = { port, run, warmup: 0.5, seconds: SECONDS, drain: 0 };
    const posts = await load({ ...options, token, base_url: `http://127.0.0.1:${port}`, presign: 500_000 });
    const frames = await load({ ...options, connections: 0, viewers: 200, stream_path: '/stream' });
    sink.kill('SIGKILL');
    await sink.ended;
    proven = { requests: posts.counted / SECONDS, frames: frames.viewers.frames / SECONDS };
    return proven;
}

/** Why a rate cannot be believed, or nothing. */
export function beyondProof({ requests = 0, frames = 0 }) {
    if (requests * 3 > proven.requests) {
        return `the generator does ${Math.round(proven.requests)} requests/s, less than 3 × ${Math.round(requests)}`;
    }
    if (frames * 3 > proven.frames) {
        return `the generator reads ${Math.round(proven.frames)} frames/s, less than 3 × ${Math.round(frames)}`;
    }
    return undefined;
}
