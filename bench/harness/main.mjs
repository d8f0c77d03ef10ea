// bench/run: prints the machine, runs the scenarios that were asked for (all by default), prints one
// line for each result, writes bench/results/<time>.json. Ends with 1 unless everything passed.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

import { closeBrowser } from './browser.mjs';
import { becomesQuiet, describeMachine } from './machine.mjs';
import { runScenario } from './pairs.mjs';
import { baselines, generator } from './paths.mjs';
import { stopPostgres } from './postgres.mjs';
import { stopAll } from './processes.mjs';
import { printMachine, printResult, writeResults } from './report.mjs';
import { beside } from './scenarios/beside.mjs';
import { pressure } from './scenarios/cells.mjs';
import { crashPostgres, crashSqlite } from './scenarios/crash.mjs';
import { durablePostgres, durableSqlite } from './scenarios/durable.mjs';
import { fanout } from './scenarios/fanout.mjs';
import { ingestPostgres, ingestSqlite } from './scenarios/ingest.mjs';
import { latency } from './scenarios/latency.mjs';
import { live } from './scenarios/live.mjs';
import { memory } from './scenarios/memory.mjs';
import { neighbour, neighbourApi, passwords } from './scenarios/neighbour.mjs';
import { noop } from './scenarios/noop.mjs';
import { observed, traced } from './scenarios/observed.mjs';
import { page } from './scenarios/page.mjs';
import { pageHour } from './scenarios/page_hour.mjs';
import { reconcile } from './scenarios/reconcile.mjs';
import { recovery } from './scenarios/recovery.mjs';
import { rightsRead } from './scenarios/rights.mjs';
import { troubleIdle, troubleKilled } from './scenarios/trouble.mjs';
import { wallIngest, wallRead, wallWorker } from './scenarios/wall.mjs';
import { workerPostgres, workerSqlite } from './scenarios/worker.mjs';
import { closeScratch, openScratch } from './scratch.mjs';
import { settings } from './settings.mjs';

const scenarios = [
    noop,
    ingestSqlite,
    ingestPostgres,
    durableSqlite,
    durablePostgres,
    latency,
    live,
    fanout,
    workerSqlite,
    workerPostgres,
    memory,
    ...recovery,
    troubleKilled,
    troubleIdle,
    wallIngest,
    wallWorker,
    wallRead,
    rightsRead,
    neighbour,
    neighbourApi,
    passwords,
    ...beside,
    crashSqlite,
    crashPostgres,
    observed,
    traced,
    ...pressure,
    ...reconcile,
    page,
    pageHour,
];

function chosen(names) {
    const unknown = names.filter((name) => !scenarios.some((s) => s.name === name));
    if (unknown.length > 0) {
        throw new Error(
            `no such scenario: ${unknown.join(', ')}; there are ${scenarios.map((s) => s.name).join(', ')}`,
        );
    }
    const wanted = names.length > 0 ? scenarios.filter((s) => names.includes(s.name)) : scenarios;
    return settings.isSelfCheck ? wanted.filter((s) => s.legs.baseline) : wanted;
}

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : -1);

function installBaselines() {
    const installed = changedAt(`${baselines}/node_modules/.package-lock.json`);
    if (installed >= changedAt(`${baselines}/package-lock.json`)) return;
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
        cwd: baselines,
        stdio: ['ignore', 'ignore', 'inherit'],
    });
}

async function run(names) {
    const wanted = chosen(names);
    if (!existsSync(generator)) throw new Error(`${generator} is missing: run make first`);
    installBaselines();
    if (!settings.isForced && !(await becomesQuiet(settings.patience))) {
        throw new Error('the machine is not quiet (load average above 0.5); FORCE=1 measures anyway');
    }
    openScratch();
    const machine = describeMachine();
    const all = [];
    printMachine(machine, settings);
    for (const scenario of wanted) {
        const result = await runScenario(scenario);
        all.push(result);
        printResult(result);
    }
    console.log(`\n${writeResults(machine, settings, all)}`);
    return all.every((result) => result.lines.every((line) => line.verdict === 'pass'));
}

async function cleanUp() {
    await closeBrowser();
    await stopAll();
    stopPostgres();
    closeScratch();
}

for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => cleanUp().finally(() => process.exit(130)));

try {
    process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
    console.error(`bench: ${error.message}`);
    process.exitCode = 2;
} finally {
    await cleanUp();
}
