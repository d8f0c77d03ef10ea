// What one event changes in the lists of conversations and of their calls.
import type { FeedEvent } from "../../lib/feed_state";
import type { Call, Conversation, ConversationPage, MessagePage } from "../../lib/types";

/** Is it the call that the conversation tells of, or one after it? */
function isLatest(call: Call, { last_message: last }: Conversation): boolean {
  const started = Date.parse(call.start_time ?? call.created_at);
  return last === null || started >= Date.parse(last.created_at);
}

export function patchConversations(data: ConversationPage, { call }: FeedEvent): ConversationPage {
  if (call.parent_call_sid !== null || call.visibility !== "visible") return data;
  const known = data.conversations.find(({ id }) => id === call.conversation_id);
  if (known?.last_message == null || !isLatest(call, known)) return data;

  const last_message = {
    ...known.last_message,
    created_at: call.start_time ?? call.created_at,
    direction: call.direction,
    call_status: call.display_status,
    missed: call.missed === true,
  };
  const changed = { ...known, last_message };
  const others = data.conversations.filter((conversation) => conversation !== known);
  const isNewer = Date.parse(last_message.created_at) > Date.parse(known.last_message.created_at);
  const inPlace = data.conversations.map((conversation) => (conversation === known ? changed : conversation));
  return { ...data, conversations: isNewer && data.page === 1 ? [changed, ...others] : inPlace };
}

export function patchMessages(data: MessagePage, { call }: FeedEvent): MessagePage {
  const messages = data.messages.map((message) =>
    message.twilio_sid === call.twilio_sid
      ? { ...message, call_status: call.display_status, missed: call.missed === true, duration: call.duration, talk_time: call.talk_time }
      : message,
  );
  return { ...data, messages };
}
