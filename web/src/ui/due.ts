/** Whether it is asked for at this turn. Pages are asked for one after the other: the more there are, the more rarely. */
export function isDue(turn: number, data: unknown): boolean {
  const { pages } = (data ?? {}) as { pages?: unknown };
  return turn % (Array.isArray(pages) ? Math.max(1, pages.length) : 1) === 0;
}
