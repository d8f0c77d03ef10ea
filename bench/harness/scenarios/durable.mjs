// The promise itself, watched from the kernel: with one event under way at a time, no 2xx may be
// written before an fsync that began after the event was read has returned. PostgreSQL's processes
// are watched together with ours, in one ordered trace.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { load, newRun } from '../generator.mjs';
import { childrenOf, stop } from '../processes.mjs';
import { scratchPath } from '../scratch.mjs';
import { openStore, startHookswitch } from '../servers.mjs';
import { token } from '../settings.mjs';

const EVENTS = 300;
const CALLS = 'trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync';

const READ = /^(?:read|readv|recvfrom|recvmsg)\(.*POST \/webhooks/;
const SYNC_BEGUN = /^(?:fsync|fdatasync)\(/;
const SYNC_DONE = /^(?:fsync|fdatasync)\(\d+\) += 0|^<\.\.\. (?:fsync|fdatasync) resumed>\) += 0/;
const ANSWER = /^(?:write|writev|sendto|sendmsg)\(.*HTTP\/1\.1 20/;
const READ_LATE = /^<\.\.\. (?:read|readv|recvfrom|recvmsg) resumed>.*POST \/webhooks/;

/** Counts the answers of a trace, and those that were written too early. */
export function judgeTrace(text) {
    const syncing = new Map(); // thread → it began to sync after the event was read
    let isRead = false;
    let isDurable = false;
    let answers = 0;
    let early = 0;

    for (const line of text.split('\n')) {
        const [, thread, call] = /^(\d+) +(.*)/.exec(line) ?? [];
        if (!call) continue;
        if (READ.test(call) || READ_LATE.test(call)) [isRead, isDurable] = [true, false];
        if (SYNC_BEGUN.test(call)) syncing.set(thread, isRead);
        if (SYNC_DONE.test(call) && syncing.get(thread)) isDurable = true;
        if (ANSWER.test(call) && isRead) {
            answers++;
            if (!isDurable) early++;
            isRead = false;
        }
    }
    return { answers, early };
}

async function ours(kind) {
    const store = await openStore(kind);
    const trace = scratchPath('trace');
    const attach = store.roots.flatMap((pid) => ['-p', String(pid)]);
    const server = await startHookswitch(store, {
        roles: 'door,api',
        wrap: ([command, args]) => [
            'strace',
            ['-f', '-qq', '-s', '64', '-e', CALLS, '-o', trace, ...attach, command, ...args],
        ],
    });
    const r = await load({
        port: server.port,
        connections: 1,
        count: EVENTS,
        warmup: 0,
        seconds: 30,
        run: newRun(),
        token,
        base_url: `http://127.0.0.1:${server.port}`,
    });
    for (const pid of childrenOf(server.pid)) process.kill(pid, 'SIGTERM');
    if (attach.length === 0) await server.child.ended;
    while (childrenOf(server.pid).length > 0) await sleep(20);
    await stop(server.child);
    store.close();

    const { answers, early } = judgeTrace(readFileSync(trace, 'utf8'));
    return {
        early,
        faults:
            answers < EVENTS || r.acked < EVENTS
                ? [`the trace shows ${answers} answers to ${EVENTS} events`]
                : [],
    };
}

function scenario(name, kind, title) {
    return {
        name,
        isOnce: true,
        legs: { ours: () => ours(kind) },
        lines: [
            {
                name: `acks written before their fsync, ${title}`,
                unit: '',
                better: 'less',
                floor: 0,
                of: (l) => l.early,
            },
        ],
    };
}

export const durableSqlite = scenario('durable-sqlite', 'sqlite', 'SQLite');
export const durablePostgres = scenario('durable-postgres', 'postgres', 'PostgreSQL');
