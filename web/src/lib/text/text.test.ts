import { describe, expect, it } from "vitest";
import { en } from "./en";
import { connections as connectionsEn } from "./connections_en";
import { connections as connectionsRu } from "./connections_ru";
import { palette as paletteEn } from "./palette_en";
import { palette as paletteRu } from "./palette_ru";
import { peopleWords as peopleEn } from "./people_en";
import { peopleWords as peopleRu } from "./people_ru";
import { ru } from "./ru";
import { welcomeWords as welcomeEn } from "./welcome_en";
import { welcomeWords as welcomeRu } from "./welcome_ru";

/** The paths of all words that are plain strings, with the word. */
function words(of: object, path = ""): [string, string][] {
  return Object.entries(of).flatMap(([name, value]: [string, unknown]) => {
    const here = `${path}/${name}`;
    if (typeof value === "string") return [[here, value] as [string, string]];
    return typeof value === "object" && value !== null ? words(value, here) : [];
  });
}

const CATALOGUES: [object, object][] = [
  [en, ru],
  [connectionsEn, connectionsRu],
  [paletteEn, paletteRu],
  [peopleEn, peopleRu],
  [welcomeEn, welcomeRu],
];

describe("the catalogues", () => {
  it.each(CATALOGUES)("say the same things, none of them empty", (english, russian) => {
    expect(words(russian).map(([path]) => path)).toEqual(words(english).map(([path]) => path));
    for (const [path, word] of [...words(english), ...words(russian)]) expect(word.trim(), path).not.toBe("");
  });

  it("tell the same keys", () => {
    expect(ru.keys.list.map(({ keys }) => keys)).toEqual(en.keys.list.map(({ keys }) => keys));
  });

  it("count as their language counts", () => {
    expect([1, 2, 1000].map(en.calls.count)).toEqual(["1 call", "2 calls", "1,000 calls"]);
    expect(en.recording.at(61, 220)).toBe("1 minute 1 second of 3 minutes 40 seconds");
    expect(ru.recording.at(21, 305)).toBe("21 секунда, всего 5 минут 5 секунд");
    expect([1, 3, 5, 11, 21].map(ru.calls.count)).toEqual(["1 звонок", "3 звонка", "5 звонков", "11 звонков", "21 звонок"]);
  });
});
