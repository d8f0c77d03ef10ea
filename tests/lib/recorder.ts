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

/** Listens on a free port, or on a path; behind a proxy the client's port stands in this header. */
export async function startRecorder(path: string | null = null, portHeader: string | null = null): Promise<Recorder> {
  const of = new Map<number, Seen[]>();

  function clientOf(request: IncomingMessage): number {
    return portHeader === null ? (request.socket.remotePort ?? 0) : Number(request.headers[portHeader]);
  }

  function note(request: IncomingMessage, response: ServerResponse): void {
    const seen: Seen = { method: request.method ?? "", target: request.url ?? "", signature: String(request.headers["x-twilio-signature"]), body: null };
    const client = clientOf(request);
    of.set(client, [...(of.get(client) ?? []), seen]);
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
      const seen = of.get(clientPort) ?? [];
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
