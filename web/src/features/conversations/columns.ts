// The columns of what is exported: instants by UTC and by the clocks of who exports, words as on the page.
import { ownZone, utcTime, zoneTime } from "../../lib/csv";
import type { Cell, Column } from "../../lib/csv";
import { isMissed } from "../../lib/look";
import { text } from "../../lib/text";
import type { CallStatus, Conversation, Direction, Message } from "../../lib/types";
import { spansOf } from "../../lib/outcome";

function times<Row>(name: string, timeOf: (row: Row) => string | null): Column<Row>[] {
  const cell = (write: (time: string) => string) => (row: Row): Cell => {
    const time = timeOf(row);
    return time === null ? null : write(time);
  };
  return [
    { name: `${name} (UTC)`, cell: cell(utcTime) },
    { name: `${name} (${ownZone})`, cell: cell((time) => zoneTime(time, ownZone)) },
  ];
}

function outcomeOf(direction: Direction, status: CallStatus): string {
  return isMissed(direction, status) ? (text.outcome.missedBecause[status] ?? text.outcome.missed) : text.status[status];
}

export const conversationColumns: Column<Conversation>[] = [
  { name: text.csv.contact, cell: ({ contact }) => contact.display_name },
  { name: text.csv.number, cell: ({ contact }) => contact.phone_number },
  ...times<Conversation>(text.csv.lastCall, ({ last_message: last }) => last?.created_at ?? null),
  { name: text.csv.direction, cell: ({ last_message: last }) => last && text.direction[last.direction] },
  { name: text.csv.outcome, cell: ({ last_message: last }) => last && outcomeOf(last.direction, last.call_status) },
];

export const callColumns: Column<Message>[] = [
  ...times<Message>(text.csv.time, ({ created_at }) => created_at),
  { name: text.csv.direction, cell: ({ direction }) => text.direction[direction] },
  { name: text.csv.outcome, cell: ({ direction, call_status }) => outcomeOf(direction, call_status) },
  { name: text.csv.wait, cell: (message) => spansOf(message).wait },
  { name: text.csv.talk, cell: (message) => spansOf(message).talk },
  { name: text.call.sid, cell: ({ twilio_sid }) => twilio_sid },
  { name: text.csv.recording, cell: ({ recording_url }) => recording_url },
];
