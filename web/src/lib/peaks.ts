/** The loudest of each of `n` parts that follow one another: what a waveform draws. */
export function peaks(samples: ArrayLike<number>, n: number): number[] {
  const parts = Math.min(n, samples.length);
  return Array.from({ length: parts }, (_, part) => {
    const end = Math.floor(((part + 1) * samples.length) / parts);
    let loudest = 0;
    for (let i = Math.floor((part * samples.length) / parts); i < end; i++) loudest = Math.max(loudest, Math.abs(samples[i] ?? 0));
    return loudest;
  });
}

/** Quieter than this a recording is not drawn larger than it is. */
const QUIET = 0.05;

/** All lanes by one scale, so that the loudest moment fills its lane. */
export function scaled(lanes: number[][]): number[][] {
  const loudest = Math.max(QUIET, ...lanes.flat());
  return lanes.map((lane) => lane.map((peak) => Math.min(1, peak / loudest)));
}
