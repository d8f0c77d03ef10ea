// A WAV file that can be heard: 8 kHz, 16 bits, a tone for each channel, in turns.
const RATE = 8_000;
const HEAD = 44;
const TURN_S = 1.5;

/** Of so many seconds; each channel has a pitch of its own, and waits for the one before it. */
export function wav(seconds: number, channels: 1 | 2 = 1): Buffer {
  const frames = Math.round(seconds * RATE);
  const file = Buffer.alloc(HEAD + frames * channels * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * channels * 2, 28);
  file.writeUInt16LE(channels * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(frames * channels * 2, 40);
  for (let i = 0; i < frames; i++)
    for (let channel = 0; channel < channels; channel++)
      file.writeInt16LE(Math.round(sample(i / RATE, channel, channels) * 32767), HEAD + (i * channels + channel) * 2);
  return file;
}

function sample(t: number, channel: number, channels: number): number {
  const speaks = Math.floor(t / TURN_S) % channels === channel;
  const loudness = 0.15 + 0.6 * Math.abs(Math.sin(t * 2.3) * Math.sin(t * 7.1));
  return speaks ? loudness * Math.sin(2 * Math.PI * (channel === 0 ? 440 : 330) * t) : 0;
}
