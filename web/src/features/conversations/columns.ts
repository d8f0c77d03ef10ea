// The columns of what is exported: instants by UTC and by the clocks of the chosen zone, words as on the page.
import { utcTime, zoneClock } from "../../lib/csv";
import type { Cell, Column } from "../../lib/csv";
import { text } from "../../lib/text";
import type { CallStatus, Conversation, Message } from "../../lib/types";
import { spansOf } from "../../lib/outcome";
import { zoneName } from "../../lib/zone";

function times<Row>(name: string, timeOf: (row: Row) => string | null): Column<Row>[] {
  const cell = (write: (time: string) => string) => (row: Row): Cell => {
    const time = timeOf(row);
    return time === null ? null : write(time);
  };
  const columns = [
    { name: `${name} (UTC)`, cell: cell(utcTime) },
    { name: `${name} (${zoneName()})`, cell: cell(zoneClock()) },
  ];
  return zoneName() === "UTC" ? columns.slice(0, 1) : columns;
}

function outcomeOf({ call_status: status, missed }: { call_status: CallStatus; missed: boolean }): string {
  return missed ? (text.outcome.missedBecause[status] ?? text.outcome.missed) : text.status[status];
}

export function conversationColumns(): Column<Conversation>[] {
  return [
    { name: text.csv.contact, cell: ({ contact }) => contact.display_name },
    { name: text.csv.number, cell: ({ external_id }) => external_id },
    ...times<Conversation>(text.csv.lastCall, ({ last_message: last }) => last?.created_at ?? null),
    { name: text.csv.direction, cell: ({ last_message: last }) => last && text.direction[last.direction] },
    { name: text.csv.outcome, cell: ({ last_message: last }) => last && outcomeOf(last) },
  ];
}

export function callColumns(): Column<Message>[] {
  return [
    ...times<Message>(text.csv.time, ({ created_at }) => created_at),
    { name: text.csv.direction, cell: ({ direction }) => text.direction[direction] },
    { name: text.csv.outcome, cell: outcomeOf },
    { name: text.csv.wait, cell: (message) => spansOf(message).wait },
    { name: text.csv.talk, cell: (message) => spansOf(message).talk },
    { name: text.call.sid, cell: ({ twilio_sid }) => twilio_sid },
    { name: text.csv.recording, cell: ({ recording_url }) => recording_url },
  ];
}
