import type { ReactElement } from "react";
import { callLook, directionIcon } from "../../lib/look";
import { text } from "../../lib/text";
import type { CallStatus, Conversation, Direction } from "../../lib/types";
import { Icon } from "../../ui/icon";
import { Link } from "../../ui/link";
import { Mark } from "../../ui/mark";
import { ShortTime } from "../../ui/time";
import classes from "./list.module.css";

/** One outside number, and how its last call went. */
export function ConversationRow({ conversation }: { conversation: Conversation }): ReactElement {
  const { contact, last_message: last } = conversation;
  return (
    <li data-conversation={conversation.id}>
      <Link to={{ conversation: conversation.id }} className={classes.row}>
        <span className={classes.name}>{contact.display_name}</span>
        <span className={classes.time}>
          <ShortTime time={last?.created_at ?? conversation.updated_at} />
        </span>
        {last === null ? (
          <span className={classes.outcome}>{text.conversations.noCalls}</span>
        ) : (
          <Outcome status={last.call_status} direction={last.direction} />
        )}
      </Link>
    </li>
  );
}

/** How a call went, and which way. */
export function Outcome({ status, direction }: { status: CallStatus; direction: Direction }): ReactElement {
  return (
    <span className={classes.outcome}>
      <Mark look={callLook(status)} />
      <span className={classes.direction}>
        <Icon name={directionIcon(direction)} size={13} />
        {text.direction[direction]}
      </span>
    </span>
  );
}
