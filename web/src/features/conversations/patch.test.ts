import { describe, expect, it } from "vitest";
import { aCall, anEvent } from "../../lib/test_data";
import type { Conversation, ConversationPage } from "../../lib/types";
import { patchConversations } from "./patch";

function aConversation(id: string, at: string): Conversation {
  return {
    id,
    subject: "Calls with +1 (508) 514-0320",
    status: "active",
    last_message: { subject: "", body: "", created_at: at, direction: "inbound", call_status: "ringing", missed: false },
    contact: { display_name: "+1 (508) 514-0320", phone_number: "+1 (508) 514-0320" },
    created_at: at,
    updated_at: at,
    external_id: "+15085140320",
  };
}

const page: ConversationPage = {
  conversations: [aConversation("1", "2026-02-08T06:30:00Z"), aConversation("42", "2026-02-08T06:11:00Z")],
  total: 2,
  page: 1,
  limit: 20,
  next_cursor: null,
};
const ids = (data: ConversationPage): string[] => data.conversations.map(({ id }) => id);

describe("patchConversations", () => {
  it("shows the new status of the last call in its place", () => {
    const next = patchConversations(page, anEvent(1, aCall({ status: "busy", missed: true })));
    expect(ids(next)).toEqual(["1", "42"]);
    expect(next.conversations[1]?.last_message).toMatchObject({ call_status: "busy", missed: true });
  });

  it("moves a conversation up when a new call starts in it", () => {
    const next = patchConversations(page, anEvent(1, aCall({ start_time: "2026-02-08T06:40:00Z" })));
    expect(ids(next)).toEqual(["42", "1"]);
  });

  it("leaves it alone when an older call, a leg, or a hidden call changes", () => {
    for (const call of [
      aCall({ start_time: "2026-02-08T05:00:00Z" }),
      aCall({ parent_call_sid: "CAp" }),
      aCall({ visibility: "filtered" }),
    ])
      expect(patchConversations(page, anEvent(1, call))).toBe(page);
  });
});
