// The colours that somebody chose: at once in this browser, and kept with the account.
import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import { useSaveMe } from "./me";

/** What public/scheme.js reads before the first paint. */
export const SCHEME_KEY = "hookswitch-scheme";

export const SCHEMES: readonly MantineColorScheme[] = ["auto", "light", "dark"];

export function isScheme(value: string | null): value is MantineColorScheme {
  return SCHEMES.some((scheme) => scheme === value);
}

type Scheme = { scheme: MantineColorScheme; isDark: boolean; choose: (scheme: MantineColorScheme) => void; toggle: () => void };

export function useScheme(): Scheme {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  const { mutate } = useSaveMe();
  const choose = (theme: MantineColorScheme): void => {
    setColorScheme(theme);
    mutate({ theme });
  };
  return {
    scheme: colorScheme,
    isDark,
    choose,
    toggle: () => {
      choose(isDark ? "light" : "dark");
    },
  };
}
