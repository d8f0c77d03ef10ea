// A throw-away PostgreSQL with its defaults: fsync on, synchronous_commit on. One cluster for the
// whole run, one new database for each leg.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { childrenOf, freePort, onServerCores } from './processes.mjs';
import { scratchDirectory } from './scratch.mjs';

const isRoot = process.getuid() === 0;
let cluster;
let databases = 0;

function asOwner(command, args) {
    return isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
}

function run([command, args]) {
    return execFileSync(command, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 1 << 30,
    });
}

function idOf(user, what) {
    return Number(execFileSync('id', [what, user], { encoding: 'utf8' }));
}

function ownedDirectory(name) {
    const directory = scratchDirectory(name);
    if (isRoot) chownSync(directory, idOf('postgres', '-u'), idOf('postgres', '-g'));
    return directory;
}

/** Starts the cluster if it is not running; returns the process whose family is PostgreSQL. */
export async function startPostgres() {
    if (cluster) return cluster;
    const binaries = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
    const directory = ownedDirectory('postgres');
    const port = await freePort();

    run(
        asOwner(`${binaries}/initdb`, [
            '-D',
            `${directory}/data`,
            '-U',
            'bench',
            '-A',
            'trust',
            '-E',
            'UTF8',
            '--locale=C',
        ]),
    );
    cluster = { binaries, directory, port };
    launch(cluster, 'start');
    sql('postgres', 'CREATE ROLE hookswitch LOGIN');
    warmUp();
    return cluster;
}

function launch(of, verb, ...how) {
    const { binaries, directory, port } = of;
    const settings = `-p ${port} -h 127.0.0.1 -k ${directory}`;
    const [command, args] = asOwner(`${binaries}/pg_ctl`, [
        '-D',
        `${directory}/data`,
        '-l',
        `${directory}/log`,
        '-w',
        '-o',
        settings,
        ...how,
        verb,
    ]);
    execFileSync(...onServerCores(command, args), { stdio: 'ignore' });
    of.pid = Number(readFileSync(`${directory}/data/postmaster.pid`, 'utf8').split('\n')[0]);
}

/** While others work; `mode` is pg_ctl's: 'fast', or 'immediate' for a crash. */
export function restartPostgres(mode) {
    launch(cluster, 'restart', '-m', mode);
}

const everyProcess = () => [cluster.pid, ...childrenOf(cluster.pid)];

/** Nothing of it runs for so long: a machine that stands still. */
export async function pausePostgres(ms) {
    const all = everyProcess();
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    await sleep(ms);
    for (const pid of all) process.kill(pid, 'SIGCONT');
}

/** A synchronous hot standby, which is the cluster from its `takeOver()` on: what was it before is killed. */
export async function startStandby() {
    const { binaries, port: primary } = cluster;
    const directory = ownedDirectory('standby');
    const port = await freePort();
    run(
        asOwner(`${binaries}/pg_basebackup`, [
            '-D', `${directory}/data`, '-d', `host=127.0.0.1 port=${primary} user=bench`, '-R', '-c', 'fast',
        ]),
    );
    const standby = { binaries, directory, port };
    launch(standby, 'start');
    sql('postgres', "ALTER SYSTEM SET synchronous_standby_names = '*'");
    sql('postgres', 'SELECT pg_reload_conf()');
    while (sql('postgres', "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").length === 0) await sleep(50);
    return {
        port,
        takeOver: () => {
            for (const pid of everyProcess()) process.kill(pid, 'SIGKILL');
            cluster = standby;
            run(asOwner(`${binaries}/pg_ctl`, ['-D', `${directory}/data`, '-w', 'promote']));
            sql('postgres', 'ALTER SYSTEM RESET synchronous_standby_names');
            sql('postgres', 'SELECT pg_reload_conf()');
        },
    };
}

/** As a server that has been running for a while: every shared buffer was used once, and the log's
 * segments are there to be used again. Otherwise the first leg would pay for what the next ones get. */
function warmUp() {
    sql('postgres', "CREATE TABLE used AS SELECT n, repeat('x', 900) FROM generate_series(1, 250000) n");
    sql('postgres', 'CHECKPOINT');
    sql('postgres', 'DROP TABLE used');
}

export function stopPostgres() {
    if (!cluster) return;
    const { binaries, directory } = cluster;
    cluster = undefined;
    run(asOwner(`${binaries}/pg_ctl`, ['-D', `${directory}/data`, '-m', 'fast', '-w', 'stop']));
}

/** As in production: a role that row-level security holds. `bench` is a superuser. */
export const urlOf = (database, user = 'hookswitch', port = cluster.port) =>
    `postgres://${user}@127.0.0.1:${port}/${database}`;

/** Of whichever of the two is the primary. */
export const urlOfEither = (database, standby) =>
    `postgres://hookswitch@127.0.0.1:${cluster.port},127.0.0.1:${standby}/${database}`;

/** The rows of a superuser's query, one line each, columns separated by a space. */
export function sql(database, text) {
    const out = run([
        'psql',
        ['-X', '-q', '-A', '-t', '-F', ' ', '-v', 'ON_ERROR_STOP=1', '-d', urlOf(database, 'bench'), '-c', text],
    ]);
    return out.split('\n').filter(Boolean);
}

/** Ends all connections of Hookswitch from the server's side; how many there were. */
export function killBackends(database) {
    const ended = sql(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'hookswitch%'",
    );
    return ended.length;
}

function startPsql(database, user, stderr) {
    const [command, args] = asOwner('psql', ['-X', '-q', '-A', '-t', '-d', urlOf(database, user)]);
    return spawn(command, args, { stdio: ['pipe', 'pipe', stderr] });
}

/** A session of a superuser that has said this, and been answered something. */
async function openSession(database, text, stderr = 'inherit') {
    const child = startPsql(database, 'bench', stderr);
    child.stdin.write(text);
    await once(child.stdout, 'data');
    return child;
}

async function endSession(child, text = '') {
    child.stdin.end(text);
    await once(child, 'exit');
}

/** Somebody who looked at the inbox inside a transaction and went away; returns what ends it. */
export async function idleInTransaction(database) {
    const child = await openSession(
        database,
        'BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM webhook_inbox;\n',
    );
    return () => endSession(child, 'COMMIT;\n');
}

/** Nobody else may read or write the inbox for so long. */
export async function lockInbox(database, ms) {
    const child = await openSession(database, "BEGIN;\nLOCK TABLE webhook_inbox;\nSELECT 'locked';\n");
    await sleep(ms);
    await endSession(child, 'COMMIT;\n');
}

/** Takes every connection that the server has left for who is no superuser; returns what gives them back. */
export async function hoardConnections(database) {
    const held = [];
    for (;;) {
        const child = startPsql(database, undefined, 'ignore');
        child.stdin.on('error', () => {}); // it may have ended before it is told anything
        child.stdin.write('SELECT 1;\n');
        const isLetIn = await Promise.race([
            once(child.stdout, 'data').then(() => true),
            once(child, 'exit').then(() => false),
        ]);
        if (!isLetIn) break;
        held.push(child);
    }
    return async () => {
        for (const child of held) await endSession(child);
    };
}

/** So many who read the whole inbox slowly, in one statement each, as a report does. */
export async function readForLong(database, n) {
    const ends = [];
    for (let i = 0; i < n; i++) ends.push(await reader(database));
    return async () => {
        await Promise.all(ends.map((end) => end()));
    };
}

async function reader(database) {
    const child = await openSession(
        database,
        "SELECT 'reads';\nSELECT count(*) FROM (SELECT pg_sleep(0.01) FROM webhook_inbox) AS slowly;\n",
        'ignore',
    );
    return async () => {
        child.kill('SIGINT'); // psql cancels its statement
        await endSession(child);
    };
}

/** A new database on a cluster that has nothing left to write. */
export async function createDatabase() {
    await startPostgres();
    const name = `leg_${++databases}`;
    sql('postgres', `CREATE DATABASE ${name} OWNER hookswitch`);
    sql('postgres', 'CHECKPOINT');
    return name;
}

export function dropDatabase(name) {
    sql('postgres', `DROP DATABASE ${name} WITH (FORCE)`);
}
