import type { ReactElement } from "react";
import { PATHS, PEN } from "./icon_paths";
import type { IconName } from "./icon_paths";

/** A drawing beside words; alone it says nothing to a screen reader. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" stroke="currentColor" style={{ flex: "none" }} {...PEN}>
      <path d={PATHS[name]} />
    </svg>
  );
}
