// The sound of an incoming call, made here: two soft notes, each with its octave.

/** Hertz, and when it starts, in seconds. */
const NOTES = [
  [659.26, 0],
  [880, 0.16],
] as const;
const LENGTH = 0.9;
const LOUDNESS = 0.12;
/** Calls that come together are heard one after another, this far apart, and not longer than that after they came. */
const APART = 0.35;
const LATEST = 2;
/** A browser that plays sound lets us know by then. */
const PATIENCE_MS = 500;

let context: AudioContext | undefined;
/** When the next one may start, in the context's seconds. */
let free = 0;

/** Whether the browser lets the page play now. It does once somebody has clicked or typed in it. */
export async function mayChime(): Promise<boolean> {
  try {
    context ??= new AudioContext();
    await Promise.race([context.resume(), new Promise((late) => setTimeout(late, PATIENCE_MS))]);
    return context.state === "running";
  } catch {
    return false; // no sound here
  }
}

function play(to: AudioContext, hertz: number, at: number, loudness: number): void {
  const tone = new OscillatorNode(to, { type: "sine", frequency: hertz });
  const volume = new GainNode(to, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(loudness, at + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + LENGTH);
  tone.connect(volume).connect(to.destination);
  tone.start(at);
  tone.stop(at + LENGTH);
}

/** Plays it once; asks `mayChime` first. */
export function chime(): void {
  if (context === undefined) return;
  const start = Math.max(context.currentTime, free);
  if (start - context.currentTime > LATEST) return;
  free = start + APART;
  for (const [hertz, after] of NOTES) {
    play(context, hertz, start + after, LOUDNESS);
    play(context, 2 * hertz, start + after, LOUDNESS / 4);
  }
}
