// The values of a flag, from the narrowest to the widest, and what choosing one of them means.
import type { Flag } from "../../lib/types";

export type Scope = "project" | "installation";
export type Wish = { flag: Flag; scope: Scope; value: string };

/** Steps of a rollout, for flags that are a number of percents. */
const STEPS = ["0", "10", "25", "50", "100"];

function rank(flag: Flag, value: string): number {
  return flag.words.length > 0 ? flag.words.indexOf(value) : Number(value);
}

/** What the installation lets through: a project can only narrow it. */
function ceiling(flag: Flag): string {
  return flag.installation ?? flag.configuration;
}

/** The value that a scope has now. */
export function scopeOf(flag: Flag, scope: Scope): string {
  return scope === "project" ? flag.value : ceiling(flag);
}

/** What can be chosen, the present value among it. */
export function offered(flag: Flag, scope: Scope): string[] {
  const all = flag.words.length > 0 ? flag.words : STEPS;
  const most = scope === "project" ? rank(flag, ceiling(flag)) : Infinity;
  const fit = new Set([...all.filter((value) => rank(flag, value) <= most), ...(scope === "project" ? [ceiling(flag)] : []), scopeOf(flag, scope)]);
  return [...fit].sort((x, y) => rank(flag, x) - rank(flag, y));
}

/** Less would be let through than now. */
export function narrows({ flag, scope, value }: Wish): boolean {
  return rank(flag, value) < rank(flag, scopeOf(flag, scope));
}

/** What is sent: an empty text takes back what was set, where that comes to the same. */
export function sent({ flag, scope, value }: Wish): string {
  return value === (scope === "project" ? ceiling(flag) : flag.configuration) ? "" : value;
}
