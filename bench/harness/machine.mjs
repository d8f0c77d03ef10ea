// What the machine is, and whether it is quiet enough to be believed.
import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { baselines, root } from './paths.mjs';

const QUIET = 0.5;
const TMPFS = 0x01021994;

function ask(command, ...args) {
    try {
        return execFileSync(command, args, {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'pipe'],
            cwd: root,
        }).trim();
    } catch (error) {
        return (error.stderr || error.message).trim().split('\n')[0];
    }
}

function packageVersion(name) {
    return JSON.parse(readFileSync(`${baselines}/node_modules/${name}/package.json`, 'utf8')).version;
}

export function describeMachine() {
    const nginx = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim();
    return {
        date: new Date().toISOString(),
        commit: ask('git', 'describe', '--always', '--dirty'),
        kernel: release(),
        cpu: `${cpus().length} × ${cpus()[0].model}`,
        postgres: ask('pg_config', '--version'),
        sqlite: ask('sqlite3', '--version').split(' ')[0],
        nginx: nginx.replace('nginx version: ', ''),
        chromium: ask('chromium', '--version'),
        node: process.version,
        express: packageVersion('express'),
        pg: packageVersion('pg'),
        twilio: packageVersion('twilio'),
        'graphile-worker': packageVersion('graphile-worker'),
        react: packageVersion('react'),
    };
}

/** Waits for a load average below 0.5; false when it does not come. */
export async function becomesQuiet(patienceSeconds) {
    const end = Date.now() + patienceSeconds * 1000;
    while (loadavg()[0] > QUIET) {
        if (Date.now() > end) return false;
        await sleep(1000);
    }
    return true;
}

/** Durable numbers from a file system in memory would be a lie. */
export function refuseMemoryDisk(directory) {
    if (statfsSync(directory).type === TMPFS) {
        throw new Error(`${directory} is in memory: set BENCH_DIR to a directory on a disk`);
    }
}
