import { ActionIcon } from "@mantine/core";
import type { ReactElement } from "react";
import { useScheme } from "../lib/scheme";
import { text } from "../lib/text";
import { Icon } from "../ui/icon";

/** `className`: where there is no room for it; the settings and the palette have it, too. */
export function SchemeToggle({ className }: { className?: string | undefined }): ReactElement {
  const { isDark, toggle } = useScheme();
  const label = isDark ? text.account.toLight : text.account.toDark;
  return (
    <ActionIcon variant="default" size="lg" className={className} onClick={toggle} aria-label={label} title={label}>
      <Icon name={isDark ? "sun" : "moon"} />
    </ActionIcon>
  );
}
