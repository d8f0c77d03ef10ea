import type { ReactElement } from "react";
import { text } from "../lib/text";
import { allZones } from "../lib/zone";

/** `Europe` → its zones; those without a region last. */
function zonesByRegion(): [string, string[]][] {
  const regions = new Map<string, string[]>();
  for (const zone of allZones()) {
    const region = zone.includes("/") ? zone.slice(0, zone.indexOf("/")) : text.settings.zoneOther;
    regions.set(region, [...(regions.get(region) ?? []), zone]);
  }
  return [...regions];
}

/** All time zones, as the choices of a <select>. */
export function ZoneOptions(): ReactElement[] {
  return zonesByRegion().map(([region, zones]) => (
    <optgroup key={region} label={region}>
      {zones.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </optgroup>
  ));
}
