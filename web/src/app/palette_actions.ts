// The actions of the palette that are no place: what the page in sight offers, then what can be done everywhere.
import { useQuery } from "@tanstack/react-query";
import { useUnread } from "../features/conversations/unread";
import { turnNotices, turnSound } from "../lib/alert_switches";
import { connectionWords } from "../lib/connection_words";
import { goTo } from "../lib/location";
import { projects, useMay } from "../lib/me";
import { noticePermission } from "../lib/notice";
import { offersNow } from "../lib/offers";
import type { Offer } from "../lib/offers";
import { peopleWords } from "../lib/people_words";
import { useChosen } from "../lib/preferences";
import { projectId } from "../lib/project";
import { useScheme } from "../lib/scheme";
import { LANGUAGES, useSpeak } from "../lib/speak";
import { text } from "../lib/text";
import type { Me } from "../lib/types";
import type { Sheet } from "./commands";
import { switchTo } from "./project_switch";
import { NO_FILTER } from "./sections";
import { useSignOut } from "./sign_out";

type Show = (sheet: Sheet | null) => void;
type Switch = "off" | "on";

function setting(name: string, value: string, act: () => void): Offer {
  return { label: `${name}: ${value}`, act };
}

function other(value: Switch): Switch {
  return value === "on" ? "off" : "on";
}

/** Where notifications are denied, the settings say what to do about it. */
async function turnNoticesOrTell(value: Switch): Promise<void> {
  if ((await turnNotices(value)) !== "granted") goTo({ view: "settings", open: null });
}

/** What tells of calls, each to be switched to what it is not. */
function useAlerts(): Offer[] {
  const sound = other(useChosen("sound"));
  const notices = other(useChosen("notices") === "on" && noticePermission() === "granted" ? "on" : "off");
  return [
    setting(text.settings.sound, text.settings[sound], () => void turnSound(sound)),
    setting(text.settings.notices, text.settings[notices], () => void turnNoticesOrTell(notices)),
  ];
}

/** Colours and language, each but the one that is chosen. */
function useLooks(): Offer[] {
  const { scheme, isDark, toggle, choose } = useScheme();
  const language = useChosen("language");
  const speak = useSpeak();
  const asSystem = setting(text.settings.colours, text.settings.colour.auto, () => { choose("auto"); });
  return [
    { label: isDark ? text.account.toLight : text.account.toDark, act: toggle },
    ...(scheme === "auto" ? [] : [asSystem]),
    ...LANGUAGES.filter(({ value }) => value !== language).map(({ value, word }) => setting(text.settings.language, word, () => void speak(value))),
  ];
}

function useReadAll(): Offer[] {
  const maySee = useMay("calls.read");
  const { count, readAll } = useUnread();
  return maySee && count > 0 ? [{ label: text.unread.readAll, act: readAll }] : [];
}

/** The other projects, and one that is not there yet. */
function useProjects(show: Show): Offer[] {
  const { data: all = [] } = useQuery(projects);
  const mayMake = useMay("projects.create");
  const others = all.filter(({ id }) => all.length > 1 && id !== projectId());
  const make = { label: connectionWords.another.make, act: () => { show("project"); } };
  const go = others.map(({ id, name }) => ({ label: text.projects.go(name), act: () => { switchTo(id); } }));
  return mayMake ? [...go, make] : go;
}

/** What is made in a room of the settings. */
function useMaking(): Offer[] {
  const rooms = [
    { may: useMay("users.manage"), label: peopleWords.people.invite, open: "people", sheet: "invite" },
    { may: useMay("keys.manage"), label: peopleWords.apiKeys.make, open: "keys", sheet: "key" },
  ];
  return rooms.filter(({ may }) => may).map(({ label, open, sheet }) => ({ label, act: () => { goTo({ view: "settings", open, ...NO_FILTER, sheet }); } }));
}

export function useActions({ actor }: Me, show: Show): Offer[] {
  const readAll = useReadAll();
  const looks = useLooks();
  const alerts = useAlerts();
  const others = useProjects(show);
  const making = useMaking();
  const { signOut } = useSignOut();
  return [
    ...offersNow(),
    ...readAll,
    ...making,
    ...others,
    ...looks,
    ...alerts,
    { label: text.keys.title, act: () => { show("keys"); } },
    ...(actor.kind === "user" ? [{ label: text.account.signOut, act: signOut }] : []),
  ];
}
