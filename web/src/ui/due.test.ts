import { expect, it } from "vitest";
import { isDue } from "./due";

const dueOf = (data: unknown): number[] => [1, 2, 3, 4, 5, 6].filter((turn) => isDue(turn, data));

it("is every turn for what is one answer", () => {
  for (const data of [undefined, null, { users: [] }, { pages: 3 }, { pages: [] }, { pages: ["first"] }]) expect(dueOf(data)).toEqual([1, 2, 3, 4, 5, 6]);
});

it("comes the more rarely the more pages there are", () => {
  expect(dueOf({ pages: ["first", "second"] })).toEqual([2, 4, 6]);
  expect(dueOf({ pages: ["first", "second", "third"] })).toEqual([3, 6]);
});
