import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { CopyLine } from "../../ui/copy_line";
import { EmptyFace } from "../../ui/faces";

const DOORS = [
  [text.setup.voice, "voice-inbound"],
  [text.setup.status, "voice-status"],
  [text.setup.recording, "recording-status"],
] as const;

/** What to paste where, until the first call has come. */
export function Setup({ base }: { base: string }): ReactElement {
  return (
    <EmptyFace title={text.setup.title}>
      <p>{text.setup.body}</p>
      {DOORS.map(([label, door]) => (
        <CopyLine key={door} label={label} value={`${base}/webhooks/twilio/${door}`} />
      ))}
      <p>{text.setup.then}</p>
    </EmptyFace>
  );
}
