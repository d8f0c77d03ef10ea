// What a browser says of itself, as people know it.

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/YaBrowser\//, "Yandex Browser"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

function first(known: readonly [RegExp, string][], agent: string): string | undefined {
  return known.find(([pattern]) => pattern.test(agent))?.[1];
}

/** `Firefox, Linux`; of what is no browser, what it says; null: it says nothing. */
export function agentName(agent: string): string | null {
  const browser = first(BROWSERS, agent);
  const name = [browser, first(SYSTEMS, agent)].filter((part) => part !== undefined).join(", ");
  if (browser !== undefined) return name;
  return agent === "" ? null : agent;
}
