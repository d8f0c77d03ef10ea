// How long and how hard; every number can be given in the environment.
function number(name: string, otherwise: number): number {
  const given = process.env[name];
  const value = given === undefined || given === "" ? otherwise : Number(given);
  if (!(value > 0)) throw new Error(`${name}: a number greater than 0 is expected, not ${String(given)}`);
  return value;
}

export const MINUTES = number("SOAK_MINUTES", 30);
export const EVENTS_PER_SECOND = number("SOAK_RATE", 50);
export const CLIENTS = number("SOAK_CLIENTS", 500);
export const SAMPLE_EVERY_MS = 5_000;

/** By how much the last third may lie above the middle third: a share, and an amount that is no trend. */
export const TOLERANCE = {
  rss: { share: 0.1, amount: 8 }, // MB
  descriptors: { share: 0.02, amount: 16 },
  wal: { share: 0.1, amount: 16 }, // MB; between two checkpoints it goes up and down by 48
  p50: { share: 0.25, amount: 2 }, // ms, of what a sender waits for an answer
  p99: { share: 0.5, amount: 20 }, // ms
} as const;
