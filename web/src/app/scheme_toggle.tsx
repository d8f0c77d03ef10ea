import { ActionIcon } from "@mantine/core";
import type { ReactElement } from "react";
import { useScheme } from "../lib/scheme";
import { text } from "../lib/text";
import { Icon } from "../ui/icon";

export function SchemeToggle(): ReactElement {
  const { isDark, toggle } = useScheme();
  const label = isDark ? text.account.toLight : text.account.toDark;
  return (
    <ActionIcon variant="default" size="lg" onClick={toggle} aria-label={label} title={label}>
      <Icon name={isDark ? "sun" : "moon"} />
    </ActionIcon>
  );
}
