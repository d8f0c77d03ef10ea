import type { ChangeEvent, ReactElement } from "react";
import { useNow } from "../../lib/clock";
import { fullTime } from "../../lib/format";
import { useSaveMe } from "../../lib/me";
import { AUTO, choose, useChosen } from "../../lib/preferences";
import { SCHEMES, useScheme } from "../../lib/scheme";
import { LANGUAGES, useSpeak } from "../../lib/speak";
import { text } from "../../lib/text";
import { browserZone } from "../../lib/zone";
import { Options } from "../../ui/options";
import { ZoneOptions } from "../../ui/zone_options";
import classes from "./page.module.css";
import { OFF_ON, Setting } from "./setting";

export function Language(): ReactElement {
  const language = useChosen("language");
  const speak = useSpeak();
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
