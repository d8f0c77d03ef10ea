// The API's nouns, as its description gives them. Never written by hand.
import type { components } from "./api_types.gen";

type Schemas = components["schemas"];

export type ApiErrorBody = Schemas["Error"];
export type Call = Schemas["Call"];
export type CallDetail = Schemas["CallDetail"];
export type CallEvent = Schemas["CallEvent"];
export type CallStatus = Schemas["CallStatus"];
export type Conversation = Schemas["Conversation"];
export type ConversationDetail = Schemas["ConversationDetail"];
export type ConversationPage = Schemas["ConversationPage"];
export type Doors = Schemas["Doors"];
export type Direction = Schemas["Direction"];
export type Envelope = Schemas["Envelope"];
export type FeedPage = Schemas["FeedPage"];
export type InboxEvent = Schemas["InboxEvent"];
export type InboxEventDetail = Schemas["InboxEventDetail"];
export type InboxPage = Schemas["InboxPage"];
export type LastMessage = NonNullable<Schemas["LastMessage"]>;
export type Me = Schemas["Me"];
export type Message = Schemas["Message"];
export type MessagePage = Schemas["MessagePage"];
export type ProcessingStatus = Schemas["ProcessingStatus"];
export type Reason = Schemas["Reason"];
export type ReasonPage = Schemas["ReasonPage"];
export type Reprocessed = Schemas["Reprocessed"];
export type RefusalReason = Schemas["RefusalReason"];
export type ReprocessAccepted = Schemas["ReprocessAccepted"];
export type ReprocessResult = Schemas["ReprocessResult"];
export type ReprocessRequest = Schemas["ReprocessRequest"];
export type StreamCallEvent = Schemas["StreamCallEvent"];
export type StreamConnected = Schemas["StreamConnected"];
export type StreamKeepalive = Schemas["StreamKeepalive"];
export type SyncHealth = Schemas["SyncHealth"];
