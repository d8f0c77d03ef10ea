import { VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { ReactElement } from "react";
import { callLook, directionIcon } from "../../lib/look";
import { text } from "../../lib/text";
import type { Conversation, LastMessage } from "../../lib/types";
import { Icon } from "../../ui/icon";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { ShortTime } from "../../ui/time";
import classes from "./list.module.css";

type ConversationRowProps = { conversation: Conversation; current?: boolean; unread?: boolean };

/** One outside number, and how its last call went. Drawn anew when that changes, not with the list around it. */
export const ConversationRow = memo(function ConversationRow({ conversation, current = false, unread = false }: ConversationRowProps): ReactElement {
  const { contact, last_message: last } = conversation;
  return (
    <Link to={{ view: "calls", open: conversation.id }} className={classes.row} current={current} data-conversation={conversation.id}>
      <span className={classes.name} data-unread={unread || undefined}>
        {unread && <UnreadMark />}
        {contact.display_name}
      </span>
      <span className={classes.time}>
        <ShortTime time={last?.created_at ?? conversation.updated_at} />
      </span>
      {last === null ? (
        <span className={classes.outcome}>{text.conversations.noCalls}</span>
      ) : (
        <Outcome {...last} />
      )}
    </Link>
  );
});

/** A disc in the margin; a word for who hears the page. */
function UnreadMark(): ReactElement {
  return (
    <>
      <i className={classes.unread} aria-hidden="true" />
      <VisuallyHidden>{text.unread.mark} </VisuallyHidden>
    </>
  );
}

/** How a call went, and which way. */
function Outcome({ call_status: status, direction, missed }: LastMessage): ReactElement {
  const look = callLook(status);
  return (
    <span className={classes.outcome}>
      <Mark look={missed ? { ...look, tone: "bad", word: text.outcome.missed } : look} />
      <span className={classes.direction}>
        <Icon name={directionIcon(direction)} size={13} />
        {text.direction[direction]}
      </span>
    </span>
  );
}
