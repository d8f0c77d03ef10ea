// Chance that can be repeated: the same seed gives the same run.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … 2³² − 1 (Mulberry32). */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** 0 … n − 1. */
  below(n: number): number {
    return this.u32() % n;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  /** A text of these characters. */
  text(length: number, characters: string): string {
    return Array.from({ length }, () => this.pick([...characters])).join("");
  }
}

/** SEED of the environment; without one every run is the same. Printed, so that a failure can be repeated. */
export function seedOfRun(): number {
  const seed = Number(process.env["SEED"] ?? 1);
  console.log(`# SEED=${String(seed)}`);
  return seed;
}
