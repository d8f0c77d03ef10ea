import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { clockTime, exactTime } from "../../lib/format";
import { goTo } from "../../lib/location";
import { text } from "../../lib/text";
import type { Message } from "../../lib/types";
import { EmptyFace, FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Panel } from "../../ui/panel";
import { messagePage } from "./api";
import classes from "./list.module.css";
import { Outcome } from "./row";

/** The calls of one conversation beside the list; each leads to its details. */
export function ConversationPanel({ id }: { id: string }): ReactElement {
  const { data, error, refetch } = useQuery(messagePage(id));
  const close = (): void => {
    goTo({ conversation: null });
  };
  return (
    <Panel title={text.conversations.detail} onClose={close}>
      {data === undefined && error === null && <LoadingFace rows={6} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data?.messages.length === 0 && (
        <EmptyFace title={text.conversations.noCalls}>
          <p>{text.conversations.noneBody}</p>
        </EmptyFace>
      )}
      <ul className={classes.list} aria-label={text.conversations.calls}>
        {data?.messages.map((message) => (
          <MessageRow key={message.id} message={message} />
        ))}
      </ul>
    </Panel>
  );
}

function MessageRow({ message }: { message: Message }): ReactElement {
  const seconds = message.talk_time ?? message.duration;
  return (
    <li>
      <Link to={{ call: message.twilio_sid }} className={classes.row}>
        <span className={classes.name}>{exactTime(message.created_at)}</span>
        <span className={classes.time}>{seconds === null ? "" : clockTime(seconds)}</span>
        <Outcome status={message.call_status} direction={message.direction} />
      </Link>
    </li>
  );
}
