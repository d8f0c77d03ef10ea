// HTTP listeners of one's own, on a free port of 127.0.0.1.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";

export type Listener = {
  url: string;
  /** Breaks off whatever is under way. */
  hangUp: () => void;
  /** That too, and for ever. May be repeated. */
  close: () => Promise<void>;
};

/** The port, once it listens. */
export async function onFreePort(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

export async function listen(answer: RequestListener): Promise<Listener> {
  const server = createServer(answer);
  const url = `http://127.0.0.1:${String(await onFreePort(server))}`;
  const hangUp = (): void => { server.closeAllConnections(); };
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    hangUp();
    await once(server, "close");
  };
  return { url, hangUp, close };
}
