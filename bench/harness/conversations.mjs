// Pages of conversations, as a client reads them.
import { applied, sendCalls, wholeCalls } from './crowd.mjs';
import { sql } from './postgres.mjs';
import { measure } from './window.mjs';

const EVENTS = 20_000;

export const PAGE = '/api/conversations?limit=3'; // the generator takes short answers

/** Something to read, in PostgreSQL: of the project of this key, by an account of it; of the default one without. */
export async function fillConversations(server, store, { key, ...account } = {}) {
    await sendCalls(server, { count: wholeCalls(EVENTS), seconds: 60, ...account });
    await applied(server, key);
    sql(store.database, 'VACUUM ANALYZE'); // as autovacuum would before long
}

/** As many pages as 8 connections are given. */
export async function readConversations(server, bearer) {
    const r = await measure(server, { get: PAGE, bearer, connections: 8, drain: 1 });
    return {
        perCpuSecond: r.counted / r.cpu,
        faults: r.refused ? [`${r.refused} requests were refused`] : [],
    };
}
