import type { ReactElement } from "react";
import { Mark } from "./mark";

/** That it worked. */
export function Saved({ children: word }: { children: string }): ReactElement {
  return (
    <div role="status">
      <Mark look={{ shape: "check", tone: "good", word }} />
    </div>
  );
}
