// Whether a sound that is switched on can be heard: browsers play none before somebody has clicked or typed in the page.
import { useSyncExternalStore } from "react";
import { mayChime } from "./chime";

/** `waits`: for a click or a key; `mute`: not even then. */
export type Sound = "unknown" | "plays" | "waits" | "mute";

let sound: Sound = "unknown";
const listeners = new Set<() => void>();

/** After a reload nobody has; a browser that cannot say so is asked by somebody's doing it. */
function hasGesture(isGesture: boolean): boolean {
  return "userActivation" in navigator ? navigator.userActivation.hasBeenActive : isGesture;
}

/** Asks the browser. In answer to a click or a key it lets the page play from then on. */
export async function checkSound(isGesture: boolean): Promise<boolean> {
  const plays = await mayChime();
  sound = plays ? "plays" : hasGesture(isGesture) ? "mute" : "waits";
  for (const listener of listeners) listener();
  return plays;
}

const GESTURES = ["pointerup", "keydown", "click"];

function onGesture(): void {
  if (sound !== "plays") void checkSound(true);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) for (const gesture of GESTURES) window.addEventListener(gesture, onGesture, true);
  listeners.add(listener);
  if (sound === "unknown") void checkSound(false);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) for (const gesture of GESTURES) window.removeEventListener(gesture, onGesture, true);
  };
}

/** What the browser says, as long as it is on; it is asked anew by each click and key until it plays. */
export function useSound(isOn: boolean): Sound {
  return useSyncExternalStore(isOn ? subscribe : never, () => (isOn ? sound : "unknown"));
}

function never(): () => void {
  return () => undefined;
}
