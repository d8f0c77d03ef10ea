import type { ReactElement } from "react";
import { useSound } from "../lib/sound";
import { text } from "../lib/text";
import { Mark } from "../ui/mark";
import classes from "./sound_waits.module.css";

/** Says that the sound that was asked for will not be heard yet; whoever does what it waits for sees it go. */
export function SoundWaits(): ReactElement | null {
  if (useSound(true) !== "waits") return null;
  return (
    <p className={classes.waits} role="status">
      <Mark look={{ shape: "paused", tone: "warn", word: text.alert.soundWaits }} />
    </p>
  );
}
