import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../lib/text";
import { Icon } from "../ui/icon";

export function SchemeToggle(): ReactElement {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  const label = isDark ? text.account.toLight : text.account.toDark;
  const toggle = (): void => {
    setColorScheme(isDark ? "light" : "dark");
  };
  return (
    <ActionIcon variant="default" size="lg" onClick={toggle} aria-label={label} title={label}>
      <Icon name={isDark ? "sun" : "moon"} />
    </ActionIcon>
  );
}
