import { useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import type { ChangeEvent, ReactElement } from "react";
import { useNow } from "../../lib/clock";
import { fullTime } from "../../lib/format";
import { AUTO, choose, useChosen } from "../../lib/preferences";
import type { Preferences } from "../../lib/preferences";
import { text } from "../../lib/text";
import { allZones, browserZone } from "../../lib/zone";
import { Options } from "../../ui/options";
import classes from "./page.module.css";
import { Setting } from "./setting";

/** Each language by its own name. */
const LANGUAGES: { value: Preferences["language"]; word: string; lang?: string }[] = [
  { value: AUTO, word: text.settings.auto },
  { value: "en", word: "English", lang: "en" },
  { value: "ru", word: "Русский", lang: "ru" },
];
const SCHEMES: MantineColorScheme[] = ["auto", "light", "dark"];

export function Language(): ReactElement {
  const language = useChosen("language");
  const speak = (value: Preferences["language"]): void => {
    choose("language", value);
    window.location.reload();
  };
  return (
    <Setting name={text.settings.language} note={text.settings.languageNote}>
      <Options label={text.settings.language} options={LANGUAGES} value={language} onChoose={speak} />
    </Setting>
  );
}

export function Colours(): ReactElement {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const options = SCHEMES.map((value) => ({ value, word: text.settings.colour[value] }));
  return (
    <Setting name={text.settings.colours} note={null}>
      <Options label={text.settings.colours} options={options} value={colorScheme} onChoose={setColorScheme} />
    </Setting>
  );
}

/** `Europe` → its zones; those without a region last. */
function zonesByRegion(): [string, string[]][] {
  const regions = new Map<string, string[]>();
  for (const zone of allZones()) {
    const region = zone.includes("/") ? zone.slice(0, zone.indexOf("/")) : text.settings.zoneOther;
    regions.set(region, [...(regions.get(region) ?? []), zone]);
  }
  return [...regions];
}

export function Zone(): ReactElement {
  const zone = useChosen("zone");
  const pick = (event: ChangeEvent<HTMLSelectElement>): void => {
    choose("zone", event.target.value);
  };
  return (
    <Setting name={text.settings.zone} note={<Now />}>
      <select className={classes.select} value={zone} aria-label={text.settings.zone} onChange={pick}>
        <option value={AUTO}>{text.settings.zoneAuto(browserZone())}</option>
        {zonesByRegion().map(([region, zones]) => (
          <optgroup key={region} label={region}>
            {zones.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </Setting>
  );
}

function Now(): ReactElement {
  return <time className={classes.now}>{text.settings.zoneNote(fullTime(useNow()))}</time>;
}
