import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { CopyLine } from "../../ui/copy_line";
import classes from "./page.module.css";

const words = text.start.twilio;

/** Where in the console, and which door belongs there. */
const GROUPS = [
  { ...words.number, doors: [{ ...words.voice, door: "voice-inbound" }, { ...words.status, door: "voice-status" }] },
  { ...words.recordings, doors: [{ ...words.recording, door: "recording-status" }] },
  { ...words.own, doors: [{ ...words.dial, door: "dial-action" }] },
];

/** What to paste where. */
export function Addresses({ base }: { base: string }): ReactElement {
  return (
    <div className={classes.groups}>
      {GROUPS.map(({ title, where, doors }) => (
        <section key={title} className={classes.group}>
          <h3>{title}</h3>
          <p>{where}</p>
          {doors.map(({ field, note, door }) => (
            <CopyLine key={door} label={field} value={`${base}/webhooks/twilio/${door}`} note={note} />
          ))}
        </section>
      ))}
    </div>
  );
}
