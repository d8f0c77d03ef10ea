// The stream of the feed over the browser's EventSource. It reconnects on our terms, not on the
// browser's: after a loss the pages are asked first.
import { withQuery } from "./api";
import { eventOfFrame } from "./feed_state";
import type { FeedEvent } from "./feed_state";
import type { StreamHandlers } from "./feed";
import { projectId } from "./project";
import type { StreamCallEvent, StreamConnected, StreamKeepalive } from "./types";

const CALL_EVENTS = ["call.created", "call.updated", "recording.updated"] as const;

type Frame = StreamConnected | StreamCallEvent | StreamKeepalive;

function on<T extends Frame>(source: EventSource, name: T["event"], take: (frame: T) => void): void {
  source.addEventListener(name, (message: MessageEvent<string>) => {
    take(JSON.parse(message.data) as T);
  });
}

/** Events that come together are taken, and drawn, together. */
const BATCH_MS = 40;

type Batches = { add: (event: FeedEvent) => void; drop: () => void };

/** Hands on what is added at most once per `ms`. */
function batched(ms: number, take: (events: FeedEvent[]) => void): Batches {
  let waiting: FeedEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hand = (): void => {
    const batch = waiting;
    waiting = [];
    timer = undefined;
    take(batch);
  };
  return {
    add: (event) => {
      waiting.push(event);
      timer ??= setTimeout(hand, ms);
    },
    drop: () => {
      clearTimeout(timer);
    },
  };
}

/** What still waits when it is closed was not taken, and is asked for again. */
export function openEventStream(seq: number, epoch: string, handlers: StreamHandlers): () => void {
  const source = new EventSource(withQuery("/events/calls", { last_seq: seq, epoch, project_id: projectId() ?? undefined }));
  const events = batched(BATCH_MS, handlers.onEvents);

  on<StreamConnected>(source, "connected", ({ data }) => {
    handlers.onOpen(data.server_time, data.epoch);
  });
  for (const name of CALL_EVENTS)
    on<StreamCallEvent>(source, name, (frame) => {
      events.add(eventOfFrame(frame));
    });
  on<StreamKeepalive>(source, "keepalive", ({ data }) => {
    handlers.onKeepalive(data.server_time);
  });
  source.addEventListener("resync", handlers.onResync);
  source.onerror = handlers.onLost;
  return () => {
    source.close();
    events.drop();
  };
}
