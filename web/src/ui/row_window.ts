// How the rows of a long list move under somebody who reads it.

export type SeenRow = { id: string; index: number };
export type IdAt = (index: number) => string | undefined;

/** A row that has gone further than this has moved by itself, not with its neighbours. */
const REACH = 50;

/** By how many places a row has moved; null when it is not near. */
function moveOf({ id, index }: SeenRow, idAt: IdAt): number | null {
  for (let by = 0; by <= REACH; by++) {
    if (idAt(index + by) === id) return by;
    if (idAt(index - by) === id) return -by;
  }
  return null;
}

/** Where a row stands that is not seen; where it stood, when nothing tells. */
export function movedTo(row: SeenRow, idAt: IdAt): number {
  return row.index + (moveOf(row, idAt) ?? 0);
}

/** By how many places most of the rows that were seen have moved. */
export function shiftOf(seen: readonly SeenRow[], idAt: IdAt): number {
  const resting = seen.filter(({ id, index }) => idAt(index) === id).length;
  if (resting * 2 >= seen.length) return 0;
  const votes = new Map<number, number>();
  for (const row of seen) {
    const move = moveOf(row, idAt);
    if (move !== null) votes.set(move, (votes.get(move) ?? 0) + 1);
  }
  let best = 0;
  for (const [move, n] of votes) if (n > (votes.get(best) ?? 0)) best = move;
  return best;
}
