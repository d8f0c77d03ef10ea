// A call's recording: fetched when somebody wants to hear it, and decoded to be drawn.
import { ApiError, getBlob } from "./api";
import { peaks } from "./peaks";
import { text } from "./text";

export type Recording = {
  audio: Blob;
  seconds: number;
  /** The peaks of its channels: of one, or of the caller and the callee. */
  lanes: number[][];
};

/** Telephones speak no faster, and an hour of it has room in memory. */
const SAMPLE_RATE = 8_000;
/** As many as are drawn on the widest screen. */
const PEAKS = 2_400;
const LANES_MAX = 2;

async function decode(audio: Blob): Promise<AudioBuffer> {
  try {
    return await new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(await audio.arrayBuffer());
  } catch {
    throw new ApiError(0, text.recording.broken, [text.recording.brokenFix], null);
  }
}

export async function loadRecording(sid: string): Promise<Recording> {
  const audio = await getBlob(`/api/calls/${encodeURIComponent(sid)}/recording`);
  const sound = await decode(audio);
  const channels = Array.from({ length: Math.min(LANES_MAX, sound.numberOfChannels) }, (_, i) => sound.getChannelData(i));
  return { audio, seconds: sound.duration, lanes: channels.map((samples) => peaks(samples, PEAKS)) };
}

const ENDINGS: Record<string, string> = { "audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav" };

/** What the file is called when somebody keeps it. */
export function fileName(sid: string, audio: Blob): string {
  return `${sid}.${ENDINGS[audio.type] ?? "audio"}`;
}
