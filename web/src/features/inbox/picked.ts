// The ids that are selected, as they stand in the address: `7-9.12` is 7, 8, 9 and 12.
const PART = /^(\d{1,15})(?:-(\d{1,15}))?$/;

export function readIds(kept: string | null, most: number): string[] {
  const ids = new Set<string>();
  for (const part of kept?.split(".") ?? []) {
    const [, first, last = first] = PART.exec(part) ?? [];
    for (let id = Number(first); id <= Number(last) && ids.size < most; id++) ids.add(String(id));
  }
  return [...ids];
}

/** Null when there are none: nothing then stands in the address. */
export function writeIds(ids: readonly string[]): string | null {
  const runs: [number, number][] = [];
  for (const id of ids.map(Number).sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.[1] === id - 1) run[1] = id;
    else runs.push([id, id]);
  }
  return runs.length === 0 ? null : runs.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(".");
}
