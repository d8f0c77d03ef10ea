// Fills a queue with JOBS jobs, then drains it when told to and says how long it took. The task
// itself does nothing, the best case for a queue: what is measured is claiming and completing.
import { makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

const jobs = Number(process.env.JOBS ?? 10000);
const connectionString = process.env.DATABASE_URL;
const pool = new pg.Pool({ connectionString, max: 12 });

const utils = await makeWorkerUtils({ pgPool: pool });
await utils.migrate();
await pool.query(
    `SELECT graphile_worker.add_jobs(array(
     SELECT ('apply', json_build_object('n', n), null, null, null, null, null, null)::graphile_worker.job_spec
       FROM generate_series(1, $1::int) n))`,
    [jobs],
);
await pool.query('VACUUM ANALYZE');
console.log(JSON.stringify({ at: 'filled', jobs }));

let left = jobs;
let finished;
const allDone = new Promise((resolve) => (finished = resolve));
await new Promise((resolve) => process.stdin.once('data', resolve)); // the harness says go

const start = process.hrtime.bigint();
const runner = await run({
    pgPool: pool,
    concurrency: Number(process.env.CONCURRENCY ?? 10),
    noHandleSignals: true,
    pollInterval: 100,
    taskList: {
        apply: async () => {
            if (--left === 0) finished();
        },
    },
});
await allDone;
await runner.stop();
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
const { rows } = await pool.query('SELECT count(*)::int AS n FROM graphile_worker.jobs');
console.log(JSON.stringify({ at: 'drained', jobs, seconds, left: rows[0].n }));
await pool.end();
process.exit(0);
