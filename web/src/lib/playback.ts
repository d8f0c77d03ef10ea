// Hears a recording. Only one sounds at a time: who begins silences whoever was before.
import { useEffect, useRef, useState } from "react";
import type { Recording } from "./recording";

const RATES = [1, 1.5, 2] as const;

export type Playback = {
  isPlaying: boolean;
  /** Seconds from its start. */
  at: number;
  rate: number;
  toggle: () => void;
  seek: (to: number) => void;
  /** The next of RATES, after the last the first. */
  faster: () => void;
};

type State = Pick<Playback, "isPlaying" | "at" | "rate">;

const SHOWN_ON = ["play", "pause", "ended", "timeupdate", "seeked", "ratechange"] as const;

let sounding: HTMLAudioElement | null = null;

function begin(audio: HTMLAudioElement): void {
  if (sounding !== audio) sounding?.pause();
  sounding = audio;
  audio.play().catch(() => undefined); // a browser may want another click
}

/** Begins as soon as there is a recording: somebody has asked for it. */
export function usePlayback(recording: Recording | undefined): Playback {
  const element = useRef<HTMLAudioElement>(null);
  const [state, setState] = useState<State>({ isPlaying: false, at: 0, rate: RATES[0] });

  useEffect(() => {
    if (recording === undefined) return;
    const url = URL.createObjectURL(recording.audio);
    const audio = new Audio(url);
    let frame = 0;
    const show = (): void => {
      cancelAnimationFrame(frame);
      const isPlaying = !audio.paused && !audio.ended;
      setState({ isPlaying, at: Math.min(audio.currentTime, recording.seconds), rate: audio.playbackRate });
      if (isPlaying) frame = requestAnimationFrame(show);
    };
    for (const event of SHOWN_ON) audio.addEventListener(event, show);
    element.current = audio;
    begin(audio);
    return () => {
      for (const event of SHOWN_ON) audio.removeEventListener(event, show);
      cancelAnimationFrame(frame);
      audio.pause();
      if (sounding === audio) sounding = null;
      URL.revokeObjectURL(url);
    };
  }, [recording]);

  const seconds = recording?.seconds ?? 0;
  return {
    ...state,
    toggle: () => {
      const audio = element.current;
      if (audio === null) return;
      if (audio.paused || audio.ended) begin(audio);
      else audio.pause();
    },
    seek: (to) => {
      if (element.current !== null) element.current.currentTime = Math.max(0, Math.min(to, seconds));
    },
    faster: () => {
      const audio = element.current;
      if (audio === null) return;
      const next = RATES.findIndex((rate) => rate === audio.playbackRate) + 1;
      audio.playbackRate = RATES[next] ?? RATES[0];
    },
  };
}
