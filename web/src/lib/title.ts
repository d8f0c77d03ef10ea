// What the window is called: "(3) Calls · +1 (508) 514-0320 · Hookswitch". Each part is told by who shows it.
import { useEffect } from "react";
import { text } from "./text";

type Titled = {
  /** How much is unread. */
  unread: string | null;
  view: string | null;
  /** Which room of the view. */
  room: string | null;
  /** Whom or what it is about. */
  subject: string | null;
  project: string | null;
};

const shown: Titled = { unread: null, view: null, room: null, subject: null, project: null };

export function titleOf({ unread, view, room, subject, project }: Titled): string {
  const names = [room ?? view, subject ?? project, text.product].filter((name) => name !== null && name !== "");
  return (unread === null ? "" : `(${unread}) `) + names.join(" · ");
}

function tell(part: keyof Titled, value: string | null): void {
  shown[part] = value;
  document.title = titleOf(shown);
}

/** One part of the title, as long as it is shown. */
export function useTitle(part: keyof Titled, value: string | null): void {
  useEffect(() => {
    tell(part, value);
    return () => {
      tell(part, null);
    };
  }, [part, value]);
}
