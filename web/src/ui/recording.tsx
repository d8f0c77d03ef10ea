import { Anchor, Loader, VisuallyHidden } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useEffect, useRef } from "react";
import { clockTime } from "../lib/format";
import { usePlayback } from "../lib/playback";
import type { Playback } from "../lib/playback";
import { fileName, loadRecording } from "../lib/recording";
import type { Recording } from "../lib/recording";
import { saveFile } from "../lib/save";
import { text } from "../lib/text";
import { FailedFace } from "./faces";
import { Icon } from "./icon";
import classes from "./recording.module.css";
import { Waveform } from "./waveform";

/** `url`: where the provider keeps it; `label` tells it from others on the page. */
type RecordingPlayerProps = { sid: string; url: string; label?: string };

/** A call's recording: it is fetched, drawn and played when somebody asks for it. */
export function RecordingPlayer({ sid, url, label = text.recording.title }: RecordingPlayerProps): ReactElement {
  const { data: recording, error, isPending, mutate } = useMutation({ mutationFn: () => loadRecording(sid) });
  const playback = usePlayback(recording);
  const button = useRef<HTMLButtonElement>(null);
  const load = (): void => {
    if (!isPending) mutate();
  };

  // What was pressed may be gone by now: a button that tries again.
  useEffect(() => {
    if (isPending) button.current?.focus();
  }, [isPending]);

  return (
    <div className={classes.player} role="group" aria-label={label} data-playing={playback.isPlaying}>
      {error === null && (
        <button type="button" ref={button} className={classes.play} onClick={recording === undefined ? load : playback.toggle} aria-busy={isPending}>
          {isPending ? <Loader size={16} color="currentColor" /> : <Icon name={playback.isPlaying ? "pause" : "play"} />}
          {recording === undefined ? (
            <span>{isPending ? text.recording.loading : text.recording.load}</span>
          ) : (
            <VisuallyHidden>{playback.isPlaying ? text.recording.pause : text.recording.play}</VisuallyHidden>
          )}
        </button>
      )}
      {error !== null && (
        <div className={classes.failed}>
          <FailedFace error={error} retry={load} />
          <Anchor href={url} target="_blank" rel="noreferrer" size="sm" underline="always">
            {text.recording.elsewhere}
          </Anchor>
        </div>
      )}
      {recording !== undefined && <Heard sid={sid} recording={recording} playback={playback} />}
    </div>
  );
}

type HeardProps = { sid: string; recording: Recording; playback: Playback };

function Heard({ sid, recording, playback }: HeardProps): ReactElement {
  const { audio, lanes, seconds } = recording;
  const { at, rate, seek, toggle, faster } = playback;
  return (
    <>
      <Waveform lanes={lanes} at={at} seconds={seconds} onSeek={seek} onToggle={toggle} />
      <div className={classes.foot}>
        <span>
          {clockTime(at)} / {clockTime(seconds)}
        </span>
        <button type="button" className={classes.rate} onClick={faster} aria-label={text.recording.speed(rate)}>
          {text.recording.rate(rate)}
        </button>
        <Anchor component="button" type="button" size="sm" className={classes.download} onClick={() => { saveFile(fileName(sid, audio), audio); }}>
          <Icon name="download" size={14} />
          {text.recording.download}
        </Anchor>
      </div>
    </>
  );
}
