import { describe, expect, it } from "vitest";
import { keyName } from "./keys";

describe("keyName", () => {
  it.each([
    ["k", "KeyK", "k"],
    ["л", "KeyK", "k"],
    ["Л", "KeyK", "k"],
    ["ο", "KeyO", "o"],
    // A Latin layout with its letters elsewhere means what it prints.
    ["a", "KeyQ", "a"],
    ["?", "Digit7", "?"],
    ["ж", "Semicolon", "ж"],
    ["ArrowDown", "ArrowDown", "ArrowDown"],
  ])("%s on the key %s is %s", (key, code, name) => {
    expect(keyName({ key, code })).toBe(name);
  });
});
