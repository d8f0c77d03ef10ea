import { useElementSize } from "@mantine/hooks";
import type { KeyboardEvent, PointerEvent, ReactElement } from "react";
import { memo, useMemo } from "react";
import { peaks, scaled } from "../lib/peaks";
import { text } from "../lib/text";
import classes from "./waveform.module.css";

const BAR = 3; // px from one to the next
const STROKE = 2;
const STEP = 5; // s
const LEAP = 30; // s
/** The height of a lane, by how many there are. */
const HEIGHTS = [48, 48, 30];

type WaveformProps = {
  lanes: number[][];
  at: number;
  seconds: number;
  onSeek: (to: number) => void;
  onToggle: () => void;
};

/** How loud it is when, and a slider over it: what was heard is in the accent. */
export function Waveform({ lanes, at, seconds, onSeek, onToggle }: WaveformProps): ReactElement {
  const { ref, width } = useElementSize();
  const share = seconds > 0 ? at / seconds : 0;

  const onKeyDown = (event: KeyboardEvent): void => {
    const act = {
      ArrowLeft: () => { onSeek(at - STEP); },
      ArrowDown: () => { onSeek(at - STEP); },
      ArrowRight: () => { onSeek(at + STEP); },
      ArrowUp: () => { onSeek(at + STEP); },
      PageDown: () => { onSeek(at - LEAP); },
      PageUp: () => { onSeek(at + LEAP); },
      Home: () => { onSeek(0); },
      End: () => { onSeek(seconds); },
      " ": onToggle,
    }[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  const toPointer = (event: PointerEvent<HTMLElement>): void => {
    const { left, width: whole } = event.currentTarget.getBoundingClientRect();
    onSeek(((event.clientX - left) / whole) * seconds);
  };

  return (
    <div className={classes.lanes}>
      {lanes.length > 1 && (
        <div className={classes.names}>
          <span>{text.recording.caller}</span>
          <span>{text.recording.callee}</span>
        </div>
      )}
      <div
        ref={ref}
        className={classes.wave}
        role="slider"
        tabIndex={0}
        aria-label={text.recording.position}
        aria-valuemin={0}
        aria-valuemax={Math.floor(seconds)}
        aria-valuenow={Math.floor(at)}
        aria-valuetext={text.recording.at(Math.floor(at), Math.floor(seconds))}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          toPointer(event);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) toPointer(event);
        }}
      >
        <Bars lanes={lanes} width={width} />
        <div className={classes.heard} style={{ width: `${share * 100}%` }}>
          <Bars lanes={lanes} width={width} />
        </div>
      </div>
    </div>
  );
}

/** A stroke for each moment, mirrored on the middle of its lane. */
const Bars = memo(function Bars({ lanes, width }: { lanes: number[][]; width: number }): ReactElement {
  const height = HEIGHTS[lanes.length] ?? 0;
  const path = useMemo(() => {
    const drawn = scaled(lanes.map((lane) => peaks(lane, Math.floor(width / BAR))));
    return drawn.map((lane, i) => lane.map((peak, x) => strokeOf(peak, x, i, height)).join("")).join("");
  }, [lanes, width, height]);
  return (
    <svg width={width} height={height * lanes.length} aria-hidden="true">
      <path d={path} stroke="currentColor" strokeWidth={STROKE} strokeLinecap="round" />
    </svg>
  );
});

function strokeOf(peak: number, x: number, lane: number, height: number): string {
  const middle = (lane + 0.5) * height;
  const reach = Math.max(0.01, peak * (height / 2 - STROKE));
  return `M${x * BAR + STROKE / 2} ${(middle - reach).toFixed(2)}v${(2 * reach).toFixed(2)}`;
}
