import { Button, CloseButton } from "@mantine/core";
import type { ReactElement } from "react";
import { text } from "../../lib/text";
import { leaveFocus } from "../../ui/left_focus";
import { Link } from "../../ui/link";
import { Trouble } from "../../ui/trouble";
import { useReplay } from "./replay";
import classes from "./replay_notice.module.css";
import { summaryOf } from "./replay_summary";

/** Outside the inbox: how far the replay of a selection is, and the way back to it. */
export function ReplayNotice(): ReactElement | null {
  const { state, cancel, dismiss } = useReplay();
  if (state === null) return null;
  return (
    <aside className={classes.notice} aria-label={text.inbox.replaying}>
      <span role="status">{summaryOf(state)}</span>
      <Link to={{ view: "inbox", open: null }}>{text.nav.inbox}</Link>
      {state.isSending ? (
        <Button ref={leaveFocus} variant="default" size="compact-xs" onClick={cancel} title={text.inbox.stopNote}>
          {text.inbox.stop}
        </Button>
      ) : (
        <CloseButton ref={leaveFocus} size="sm" aria-label={text.inbox.dismiss} onClick={dismiss} />
      )}
      {state.error !== null && <Trouble error={state.error} />}
    </aside>
  );
}
