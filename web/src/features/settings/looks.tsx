import type { ChangeEvent, ReactElement } from "react";
import { useNow } from "../../lib/clock";
import { fullTime } from "../../lib/format";
import { useSaveMe } from "../../lib/me";
import { AUTO, choose, useChosen } from "../../lib/preferences";
import type { Preferences } from "../../lib/preferences";
import { SCHEMES, useScheme } from "../../lib/scheme";
import { text } from "../../lib/text";
import { browserZone } from "../../lib/zone";
import { Options } from "../../ui/options";
import { ZoneOptions } from "../../ui/zone_options";
import classes from "./page.module.css";
import { OFF_ON, Setting } from "./setting";

/** Each language by its own name. */
const LANGUAGES: { value: Preferences["language"]; word: string; lang?: string }[] = [
  { value: AUTO, word: text.settings.auto },
  { value: "en", word: "English", lang: "en" },
  { value: "ru", word: "Русский", lang: "ru" },
];

export function Language(): ReactElement {
  const language = useChosen("language");
  const { mutateAsync } = useSaveMe();
  const speak = async (value: Preferences["language"]): Promise<void> => {
    choose("language", value);
    // Without the account's word the choice would be undone by the next page; the words are loaded once.
    await mutateAsync({ language: value }).catch(() => undefined);
    window.location.reload();
  };
  return (
    <Setting name={text.settings.language} note={text.settings.languageNote}>
      <Options label={text.settings.language} options={LANGUAGES} value={language} onChoose={(value) => void speak(value)} />
    </Setting>
  );
}

export function Colours(): ReactElement {
  const { scheme, choose: setScheme } = useScheme();
  const options = SCHEMES.map((value) => ({ value, word: text.settings.colour[value] }));
  return (
    <Setting name={text.settings.colours} note={null}>
      <Options label={text.settings.colours} options={options} value={scheme} onChoose={setScheme} />
    </Setting>
  );
}

export function Zone(): ReactElement {
  const zone = useChosen("zone");
  const { mutate } = useSaveMe();
  const pick = (event: ChangeEvent<HTMLSelectElement>): void => {
    const { value } = event.target;
    choose("zone", value);
    mutate({ time_zone: value === AUTO ? "" : value });
  };
  return (
    <Setting name={text.settings.zone} note={<Now />}>
      <select className={classes.select} value={zone} aria-label={text.settings.zone} onChange={pick}>
        <option value={AUTO}>{text.settings.zoneAuto(browserZone())}</option>
        <ZoneOptions />
      </select>
    </Setting>
  );
}

function Now(): ReactElement {
  return <time className={classes.now}>{text.settings.zoneNote(fullTime(useNow()))}</time>;
}

/** The keys that speech input or a careless hand may press. */
export function SingleKeys(): ReactElement {
  const keys = useChosen("keys");
  return (
    <Setting name={text.settings.keys} note={text.settings.keysNote}>
      <Options
        label={text.settings.keys}
        options={OFF_ON}
        value={keys}
        onChoose={(value) => {
          choose("keys", value);
        }}
      />
    </Setting>
  );
}
