// A stream of some topics alone, for a page that wants to hear of them while it is shown.
import { withQuery } from "./api";
import { SILENCE_MS } from "./feed";
import { projectId } from "./project";

const AGAIN_MS = 5_000;

export type TopicMessage = { type: string };
type Told = { /** All but what the stream says of itself. */ onMessage: (message: TopicMessage) => void; onLive: (live: boolean) => void };

/** Listens, and comes back where it is cut off; returns what ends it. */
export function listenTo(topics: string, { onMessage, onLive }: Told): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lost = (): void => {
    clearTimeout(timer);
    source?.close();
    onLive(false);
    timer = setTimeout(open, AGAIN_MS);
  };
  const open = (): void => {
    source = new EventSource(withQuery("/realtime/stream", { topics, project_id: projectId() ?? undefined }));
    source.onerror = lost;
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as TopicMessage;
      clearTimeout(timer);
      timer = setTimeout(lost, SILENCE_MS);
      if (message.type === "feed.connected") onLive(true);
      if (message.type === "feed.ended") lost();
      if (!message.type.startsWith("feed.")) onMessage(message);
    };
  };
  open();
  window.addEventListener("offline", lost);
  return () => {
    window.removeEventListener("offline", lost);
    clearTimeout(timer);
    source?.close();
  };
}
