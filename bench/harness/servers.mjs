// How each server under measurement is started. All are given the same core, the same account and
// the same token; each returns { name, port, roots, stop } where `roots` are the processes whose
// families are charged for the work, the database included.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

import { baselines, hookswitch } from './paths.mjs';
import { createDatabase, dropDatabase, startPostgres, urlOf } from './postgres.mjs';
import { freePort, onServerCores, ready, start, stop } from './processes.mjs';
import { scratchDirectory, scratchPath } from './scratch.mjs';
import { account, apiKey, masterKey, settings, token } from './settings.mjs';

const environment = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' };

const answers = (port, path) => async () => (await fetch(`http://127.0.0.1:${port}${path}`)).status === 200;

/** A place to keep data in: 'sqlite' or 'postgres'. It outlives the servers that use it, which run `binary`
 * and connect to PostgreSQL as `user`. */
export async function openStore(kind, { user, binary } = {}) {
    if (kind === 'sqlite') {
        const path = scratchPath('hookswitch.db');
        return { kind, path, url: `sqlite:${path}`, roots: [], close: () => {} };
    }
    const database = await createDatabase();
    const { pid, port } = await startPostgres();
    const url = urlOf(database, user);
    return { kind, database, binary, url, port, roots: [pid], close: () => dropDatabase(database) };
}

/** The one-time link that it prints when it has started; never, if it has no such role. */
function readLoginPath(child) {
    let said = '';
    return new Promise((resolve) => {
        child.stdout.on('data', (text) => {
            said = (said + text).slice(-4000);
            const [path] = /\/login\?token=\S+/.exec(said) ?? [];
            if (path) resolve(path);
        });
    });
}

/** `port` and `directory` are those of one that ended, for one that takes its place. */
export async function startHookswitch(
    store,
    { roles, wrap = (command) => command, env = {}, port: itsPort, directory: its } = {},
) {
    const port = itsPort ?? (await freePort());
    const directory = its ?? scratchDirectory('hookswitch');
    const args = roles ? ['serve', `--roles=${roles}`] : ['serve'];
    const child = start(wrap(onServerCores(store.binary ?? hookswitch, args)), {
        cwd: directory,
        env: {
            ...environment,
            PORT: port,
            LISTEN_ADDRESS: '127.0.0.1',
            DATABASE_URL: store.url,
            SPOOL_DIR: `${directory}/spool`,
            TWILIO_ACCOUNT_SID: account,
            TWILIO_AUTH_TOKEN: token,
            WEBHOOK_BASE_URL: `http://127.0.0.1:${port}`,
            OWNED_PHONE_NUMBERS: '+12025550143',
            BOOTSTRAP_API_KEY: apiKey,
            MASTER_KEY: masterKey,
            LOOPS: settings.cores === 'pinned' ? 1 : 0,
            LOG_LEVEL: 'warn',
            WEBHOOKS_PER_MINUTE: 6_000_000, // one project is given all that there is
            API_REQUESTS_PER_MINUTE: 6_000_000,
            ...env,
        },
    });
    const loginPath = readLoginPath(child);
    await ready(child, 'hookswitch', answers(port, '/health'));
    return {
        name: 'hookswitch',
        port,
        loginPath,
        directory,
        pid: child.pid,
        roots: [child.pid, ...store.roots],
        stop: () => stop(child),
        child,
    };
}

export async function startExpress(store, { roles = 'door,worker' } = {}) {
    const port = await freePort();
    const child = start(onServerCores('node', [`${baselines}/express/server.js`]), {
        env: {
            ...environment,
            NODE_ENV: 'production',
            PORT: port,
            DATABASE_URL: store.url,
            TWILIO_AUTH_TOKEN: token,
            WEBHOOK_BASE_URL: `http://127.0.0.1:${port}`,
            ROLES: roles,
        },
    });
    child.stdout.resume();
    await ready(child, 'express', answers(port, '/health'));
    return {
        name: 'express',
        port,
        pid: child.pid,
        roots: [child.pid, ...store.roots],
        stop: () => stop(child),
    };
}

/** The plain table of all conversations in a store, with the stream of the server on it. */
export async function startReactTable(store, hookswitchServer) {
    const port = await freePort();
    const child = start(onServerCores('node', [`${baselines}/react-table/server.js`]), {
        env: {
            ...environment,
            NODE_ENV: 'production',
            PORT: port,
            PAGES: reactTablePages(),
            DATABASE: store.path,
            FEED: `http://127.0.0.1:${hookswitchServer.port}`,
            API_KEY: apiKey,
        },
    });
    child.stdout.resume();
    await ready(child, 'react-table', answers(port, '/'));
    return { name: 'react-table', port, pid: child.pid, stop: () => stop(child) };
}

let pages;

function reactTablePages() {
    if (pages) return pages;
    pages = scratchPath('react-table');
    const args = ['build', `${baselines}/react-table`, '--outDir', pages, '--logLevel', 'error'];
    execFileSync(`${baselines}/node_modules/.bin/vite`, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    return pages;
}

function nginxModules() {
    const said = execFileSync('sh', ['-c', 'nginx -V 2>&1'], { encoding: 'utf8' });
    return /--modules-path=(\S+)/.exec(said)?.[1] ?? '/usr/lib/nginx/modules';
}

export async function startNginx(config, probe) {
    const port = await freePort();
    const directory = scratchDirectory('nginx');
    const text = readFileSync(`${baselines}/nginx/${config}`, 'utf8')
        .replaceAll('@PORT@', String(port))
        .replaceAll('@DIR@', directory)
        .replaceAll('@MODULES@', nginxModules());
    mkdirSync(`${directory}/logs`);
    writeFileSync(`${directory}/nginx.conf`, text);
    const child = start(onServerCores('nginx', ['-p', directory, '-c', `${directory}/nginx.conf`]));
    child.stdout.resume();
    await ready(
        child,
        'nginx',
        async () => (await fetch(`http://127.0.0.1:${port}${probe.path}`)).status === probe.status,
    );
    return { name: 'nginx', port, pid: child.pid, roots: [child.pid], stop: () => stop(child) };
}

/** graphile-worker with a full queue, waiting for the word to drain it. */
export function startGraphileWorker(store, jobs) {
    const [command, args] = onServerCores('node', [`${baselines}/graphile-worker/drain.js`]);
    return start([command, args], {
        env: {
            ...environment,
            NODE_ENV: 'production',
            DATABASE_URL: store.url,
            JOBS: jobs,
            NO_LOG_SUCCESS: '1',
        },
    });
}
