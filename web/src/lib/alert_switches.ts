// Switches what tells of calls, and lets it be heard or asked for at once.
import { chime } from "./chime";
import { askForNotices, noticePermission } from "./notice";
import type { NoticePermission } from "./notice";
import { choose } from "./preferences";
import type { Preferences } from "./preferences";
import { checkSound } from "./sound";

/** Plays it once. False: the browser lets the page play nothing. */
export async function hearSound(): Promise<boolean> {
  const may = await checkSound(true);
  if (may) chime();
  return may;
}

/** False: it was switched on, and could not be heard. */
export async function turnSound(value: Preferences["sound"]): Promise<boolean> {
  choose("sound", value);
  return value === "off" || hearSound();
}

/** They stay off as long as the browser denies them. */
export async function turnNotices(value: Preferences["notices"]): Promise<NoticePermission> {
  const answer = value === "on" ? await askForNotices() : noticePermission();
  choose("notices", answer === "granted" ? value : "off");
  return answer;
}
