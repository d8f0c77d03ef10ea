import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactElement } from "react";
import { clockTime, exactTime } from "../../lib/format";
import { goTo } from "../../lib/location";
import { text } from "../../lib/text";
import type { Message } from "../../lib/types";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Pager } from "../../ui/pager";
import { Panel } from "../../ui/panel";
import { conversationDetail, messagePage } from "./api";
import classes from "./list.module.css";
import { Outcome } from "./row";

/** The calls of one conversation beside the list; each leads to its details. */
export function ConversationPanel({ id }: { id: string }): ReactElement {
  const close = (): void => {
    goTo({ conversation: null });
  };
  return (
    <Panel title={text.conversations.detail} onClose={close}>
      <Contact id={id} />
      <Messages key={id} id={id} />
    </Panel>
  );
}

/** With whom it is; the number too when the contact has a name. */
function Contact({ id }: { id: string }): ReactElement | null {
  const { data } = useQuery(conversationDetail(id));
  if (data === undefined) return null;
  const { display_name: name, phone_number: number } = data.contact;
  return (
    <div className={classes.contact}>
      <h3>{name}</h3>
      {name !== number && <p>{number}</p>}
    </div>
  );
}

function Messages({ id }: { id: string }): ReactElement {
  const [page, setPage] = useState(1);
  const { data, error, refetch } = useQuery(messagePage(id, page));
  if (data === undefined)
    return error === null ? <LoadingFace rows={6} /> : <FailedFace error={error} retry={() => void refetch()} />;
  return (
    <div className={classes.bleed}>
      <ul className={classes.list} aria-label={text.conversations.calls}>
        {data.messages.map((message) => (
          <MessageRow key={message.id} message={message} />
        ))}
      </ul>
      {data.total === 0 && <p className={classes.nothing}>{text.conversations.noCalls}</p>}
      <Pager label={text.conversations.callPages} page={page} limit={data.limit} total={data.total} onPage={setPage} />
    </div>
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
