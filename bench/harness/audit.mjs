// The correctness gate: whatever was acknowledged must be in the store, once.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { sql } from './postgres.mjs';

const STORED = {
    sqlite: "SELECT call_sid || ' ' || json_extract(payload, '$.SequenceNumber') FROM webhook_inbox",
    postgres: "SELECT call_sid || ' ' || (payload ->> 'SequenceNumber') FROM webhook_inbox",
};

/** The lines of a query on a store that no server has open. */
export function query(store, text) {
    if (store.kind === 'postgres') return sql(store.database, text);
    const out = execFileSync('sqlite3', ['-separator', ' ', store.path, text], {
        encoding: 'utf8',
        maxBuffer: 1 << 30,
    });
    return out.split('\n').filter(Boolean);
}

/** Compares the generator's ack log with the store; returns what is wrong, or nothing. */
export function audit(store, acksPath) {
    const acked = readFileSync(acksPath, 'utf8').split('\n').filter(Boolean);
    const rows = query(store, STORED[store.kind]);
    const stored = new Set(rows);
    const lost = acked.filter((identity) => !stored.has(identity));

    if (acked.length === 0) return 'nothing was acknowledged';
    if (lost.length > 0)
        return `${lost.length} of ${acked.length} acknowledged events are not in the store (${lost[0]} …)`;
    if (stored.size < rows.length) return `${rows.length - stored.size} events are stored twice`;
    return undefined;
}
