// Node's own HTTP server, which notes what it was asked, and how each request was cut from its connection.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Seen = {
  method: string;
  target: string;
  /** Of the header X-Twilio-Signature. */
  signature: string;
  /** Once it is whole; else none. */
  body: Buffer | null;
};

export type Recorder = {
  port: number;
  /** What the connection from this port of a client asked for, in order. */
  seen: (clientPort: number) => Seen[];
  close: () => Promise<void>;
};

const HEAD_MAX = 128 * 1024; // more than any server that it is compared with takes

/** Listens on a free port, or on a path; behind a proxy the client's port and a number of its
 * connection stand in this header. */
export async function startRecorder(path: string | null = null, portHeader: string | null = null): Promise<Recorder> {
  const of = new Map<number, { connection: unknown; seen: Seen[] }>();

  /** Who asks: its port, and what tells its connection from an earlier one that had the same port. */
  function clientOf(request: IncomingMessage): [number, unknown] {
    if (portHeader === null) return [request.socket.remotePort ?? 0, request.socket];
    const [port, connection] = String(request.headers[portHeader]).split(" ");
    return [Number(port), connection];
  }

  function note(request: IncomingMessage, response: ServerResponse): void {
    const seen: Seen = { method: request.method ?? "", target: request.url ?? "", signature: String(request.headers["x-twilio-signature"]), body: null };
    const [port, connection] = clientOf(request);
    const known = of.get(port);
    if (known && known.connection === connection) known.seen.push(seen);
    else of.set(port, { connection, seen: [seen] });
    const pieces: Buffer[] = [];
    request.on("data", (chunk: Buffer) => pieces.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      seen.body = Buffer.concat(pieces);
      response.setHeader("Content-Length", "0").end();
    });
  }

  const server: Server = createServer({ maxHeaderSize: HEAD_MAX, requestTimeout: 0, headersTimeout: 0 }, note);
  (server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true; // answers to who has half closed
  server.listen(path === null ? { port: 0, host: "127.0.0.1", backlog: 4096 } : { path, backlog: 4096 });
  await once(server, "listening");
  return {
    port: path === null ? (server.address() as AddressInfo).port : 0,
    seen: (clientPort) => {
      const seen = of.get(clientPort)?.seen ?? [];
      of.delete(clientPort); // the port will be somebody else's
      return seen;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
