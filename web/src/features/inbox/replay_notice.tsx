import { CloseButton } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { Link } from "../../ui/link";
import { useReplay } from "./replay";
import classes from "./replay_notice.module.css";
import { summaryOf } from "./replay_summary";

/** Outside the inbox: how far the replay of a selection is, and the way back to it. */
export function ReplayNotice(): ReactElement | null {
  const { state, dismiss } = useReplay();
  if (state === null) return null;
  return (
    <aside className={classes.notice} aria-label={text.inbox.replaying}>
      <span role="status">{summaryOf(state)}</span>
      <Link to={{ view: "inbox", open: null }}>{text.nav.inbox}</Link>
      <CloseButton size="sm" aria-label={text.inbox.dismiss} onClick={dismiss} />
    </aside>
  );
}
