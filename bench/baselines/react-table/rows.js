// What a call changes in the table: its conversation tells of it, and the newest stands first.

const rowOf = (call) => ({
    id: call.conversation_id,
    name: call.from_number,
    direction: call.direction,
    status: call.display_status,
    at: Date.parse(call.start_time ?? call.created_at),
});

export function withCall(rows, call) {
    if (call.parent_call_sid !== null || call.visibility !== 'visible') return rows;
    const at = rows.findIndex(({ id }) => id === call.conversation_id);
    const known = rows[at];
    const row = { ...rowOf(call), ...(known && { name: known.name }) };
    if (!known) return [row, ...rows];
    if (row.at < known.at) return rows;
    return row.at === known.at ? rows.with(at, row) : [row, ...rows.toSpliced(at, 1)];
}
