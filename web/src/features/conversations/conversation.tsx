import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { ReactElement } from "react";
import { useNow } from "../../lib/clock";
import { dayName } from "../../lib/format";
import { useKeys } from "../../lib/keys";
import { adjustTo, goTo, usePlace } from "../../lib/location";
import { useMay } from "../../lib/me";
import { text } from "../../lib/text";
import { useTitle } from "../../lib/title";
import type { Message } from "../../lib/types";
import { useWalkedRows, walkBack } from "../../lib/walk";
import { CsvExport } from "../../ui/csv_export";
import { FailedFace, LoadingFace } from "../../ui/faces";
import { Link } from "../../ui/link";
import { Pager } from "../../ui/pager";
import { AsOf } from "../../ui/stale";
import { callsToExport, conversationDetail, messagePage } from "./api";
import { callColumns } from "./columns";
import classes from "./conversation.module.css";
import { longest } from "../../lib/outcome";
import { MessageRow } from "./message";
import { useReading } from "./unread";

/** The first, unless the address names another. */
function pageOf(named: string | null): number {
  return named !== null && /^[1-9]\d{0,6}$/.test(named) ? Number(named) : 1;
}

function turnTo(page: number): void {
  goTo({ page: page === 1 ? null : String(page) });
}

/** The timeline of one conversation: whom with, and its calls by days, the latest first. */
export function Conversation({ id }: { id: string }): ReactElement {
  const page = pageOf(usePlace().page);
  const { data, error, refetch } = useQuery(messagePage(id, page));
  useReading(id, data !== undefined);
  const last = data === undefined ? page : Math.max(1, Math.ceil(data.total / data.limit));
  useEffect(() => {
    if (page > last) adjustTo({ page: last === 1 ? null : String(last) }); // an address of what is no more
  }, [page, last]);
  useKeys({
    Escape: () => {
      walkBack();
      goTo({ open: null });
    },
  });
  return (
    <>
      <Contact id={id} />
      {data === undefined && error === null && <LoadingFace rows={6} />}
      {data === undefined && error !== null && <FailedFace error={error} retry={() => void refetch()} />}
      {data?.total === 0 && <p className={classes.nothing}>{text.conversations.noCalls}</p>}
      {data !== undefined && <Days messages={data.messages} />}
      {data !== undefined && (
        <Pager label={text.conversations.callPages} page={page} limit={data.limit} total={data.total} onPage={turnTo} />
      )}
    </>
  );
}

/** With whom it is; the number too when the contact has a name. */
function Contact({ id }: { id: string }): ReactElement {
  const { data } = useQuery(conversationDetail(id));
  const mayExport = useMay("calls.export");
  const name = data?.contact.display_name;
  const number = data?.contact.phone_number;
  useTitle("subject", name ?? null);
  return (
    <header className={classes.contact}>
      <Link to={{ view: "calls", open: null }} className={classes.back}>
        {text.conversations.back}
      </Link>
      <h2>{name ?? text.conversations.detail}</h2>
      {number !== name && <p>{number}</p>}
      <AsOf onLine />
      <p className={classes.legend} aria-hidden="true">
        <i data-span="wait" /> {text.outcome.waiting}
        <i data-span="talk" /> {text.outcome.talking}
      </p>
      {mayExport && data !== undefined && (
        <div className={classes.export}>
          <CsvExport kind="calls" label={text.csv.labelCalls} words={[text.csv.calls, data.external_id]} columns={callColumns} source={callsToExport(id)} />
        </div>
      )}
    </header>
  );
}

function Days({ messages }: { messages: Message[] }): ReactElement {
  const now = useNow();
  const scale = longest(messages);
  const frame = useRef<HTMLDivElement>(null);
  useWalkedRows(frame, "ul > li");
  const days = new Map<string, Message[]>();
  for (const message of messages) {
    const day = dayName(message.created_at, now);
    days.set(day, [...(days.get(day) ?? []), message]);
  }
  return (
    <div ref={frame}>
      {[...days].map(([day, ofDay]) => (
        <section key={day} className={classes.day}>
          <h3>{day}</h3>
          <ul>
            {ofDay.map((message) => (
              <MessageRow key={message.id} message={message} scale={scale} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
