// Takes rows from the inbox in batches (SKIP LOCKED, so that several may run), folds each event
// into its call, and tells the feed after the commit. It runs again at once while there is work,
// when the door says so, and every 200 ms in any case.
const RANKS = { queued: 0, initiated: 1, ringing: 2, 'in-progress': 3 };
const BATCH = 100;
const POLL_MS = 200;

const CLAIM = {
    name: 'inbox_claim',
    text: `SELECT id, payload FROM webhook_inbox
          WHERE processed_at IS NULL
          ORDER BY id
          LIMIT ${BATCH}
            FOR UPDATE SKIP LOCKED`,
};
const UPSERT_CALL = {
    name: 'call_upsert',
    text: `INSERT INTO calls (call_sid, parent_call_sid, direction, status, rank, from_number, to_number, duration)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (call_sid) DO UPDATE
            SET status = excluded.status, rank = excluded.rank,
                duration = coalesce(excluded.duration, calls.duration), updated_at = now()
          WHERE calls.rank < excluded.rank
         RETURNING (xmax = 0) AS created`,
};
const INSERT_EVENT = {
    name: 'event_insert',
    text: `INSERT INTO call_events (call_sid, status, event_time, payload)
         VALUES ($1, $2, $3, $4) RETURNING id`,
};
const COMPLETE = {
    name: 'inbox_complete',
    text: 'UPDATE webhook_inbox SET processed_at = now() WHERE id = ANY($1)',
};

async function apply(client, p) {
    const duration = p.CallDuration ? Number(p.CallDuration) : null;
    const call = await client.query({
        ...UPSERT_CALL,
        values: [
            p.CallSid,
            p.ParentCallSid ?? null,
            p.Direction,
            p.CallStatus,
            RANKS[p.CallStatus] ?? 4,
            p.From,
            p.To,
            duration,
        ],
    });
    const event = await client.query({
        ...INSERT_EVENT,
        values: [p.CallSid, p.CallStatus, new Date(p.Timestamp), p],
    });
    if (call.rowCount === 0) return null; // older than what we know
    return {
        id: event.rows[0].id,
        event: call.rows[0].created ? 'call.created' : 'call.updated',
        data: {
            callSid: p.CallSid,
            status: p.CallStatus,
            direction: p.Direction,
            from: p.From,
            to: p.To,
            duration,
            timestamp: new Date(p.Timestamp).toISOString(),
        },
    };
}

async function batch(pool, broadcast) {
    const client = await pool.connect();
    try {
        await client.query('BEGIN');
        const { rows } = await client.query(CLAIM);
        const updates = [];
        for (const row of rows) updates.push(await apply(client, row.payload));
        if (rows.length > 0) await client.query({ ...COMPLETE, values: [rows.map((row) => row.id)] });
        await client.query('COMMIT');
        for (const u of updates) if (u) broadcast(u.id, u.event, u.data);
        return rows.length;
    } catch (error) {
        await client.query('ROLLBACK');
        throw error;
    } finally {
        client.release();
    }
}

export function startWorker({ pool, broadcast }) {
    let wake = () => {};
    let isWanted = false;

    async function run() {
        for (;;) {
            isWanted = false;
            const done = await batch(pool, broadcast);
            if (done === BATCH || isWanted) continue;
            await new Promise((resolve) => {
                wake = resolve;
                setTimeout(resolve, POLL_MS);
            });
        }
    }
    run().catch((error) => {
        console.error(error);
        process.exit(1);
    });
    return function onStored() {
        isWanted = true;
        wake();
    };
}
