// Starting, pinning, stopping and weighing processes.
import { spawn, execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { settings } from './settings.mjs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const STOP_MS = 10_000;
const started = new Set();

export function onServerCores(command, args) {
    return settings.cores === 'shared' ? [command, args] : ['taskset', ['-c', '0', command, ...args]];
}

export function onGeneratorCore(command, args) {
    return settings.cores === 'shared'
        ? ['nice', ['-n', '10', command, ...args]]
        : ['taskset', ['-c', '1', command, ...args]];
}

/** Starts a program; what it writes to stderr is kept and shown if it fails. */
export function start([command, args], options = {}) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    child.said = '';
    const keep = (text) => (child.said = (child.said + text).slice(-4000));
    child.stdout.setEncoding('utf8');
    child.stderr.setEncoding('utf8').on('data', keep);
    child.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    started.add(child);
    child.ended.then(() => started.delete(child));
    return child;
}

export async function stop(child) {
    if (!started.has(child)) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await child.ended;
    clearTimeout(timer);
}

export async function stopAll() {
    await Promise.all([...started].map(stop));
}

export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** Waits until `probe` succeeds; fails when the process ends or the deadline passes. */
export async function ready(child, name, probe, deadlineMs = 20_000) {
    const end = Date.now() + deadlineMs;
    let gone = false;
    child.ended.then(() => (gone = true));
    for (;;) {
        if (gone) throw new Error(`${name} ended at its start: ${child.said}`);
        if (await probe().catch(() => false)) return;
        if (Date.now() > end) throw new Error(`${name} did not start within ${deadlineMs} ms: ${child.said}`);
        await sleep(20);
    }
}

function statOf(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
        const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
        return { pid: Number(pid), parent: Number(fields[1]), ticks: utime + stime + cutime + cstime };
    } catch {
        return null; // it ended while we looked
    }
}

function allProcesses() {
    return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(statOf)
        .filter(Boolean);
}

/** The processes that `parent` started and that still run. */
export function childrenOf(parent) {
    return allProcesses()
        .filter((p) => p.parent === parent)
        .map((p) => p.pid);
}

/** User + system time, in seconds, of the processes `roots` and all their descendants, the ended ones included. */
export function cpuSeconds(roots) {
    const all = allProcesses();
    const family = new Set(roots);
    for (let grew = true; grew; ) {
        grew = false;
        for (const p of all) {
            if (family.has(p.parent) && !family.has(p.pid)) grew = Boolean(family.add(p.pid));
        }
    }
    return all.filter((p) => family.has(p.pid)).reduce((sum, p) => sum + p.ticks, 0) / TICKS_PER_SECOND;
}

/** Resident memory of one process, in bytes. */
export function residentBytes(pid) {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(match[1]) * 1024;
}

/** What the kernel's slab caches hold, in bytes. */
export function slabBytes() {
    return Number(/^Slab:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))[1]) * 1024;
}
