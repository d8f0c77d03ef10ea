// HTTP without a client library: bytes as they are, and what comes back.
import { connect } from "node:net";
import type { Server } from "./server.ts";

export type Heard = {
  statuses: number[];
  text: string;
  /** The server has ended the connection. */
  closed: boolean;
  /** Our end of it. */
  localPort: number;
};

const QUIET_MS = 10_000;

export function portOf(server: Server): number {
  return Number(new URL(server.url).port);
}

/** Sends bytes and reads until the server closes, or until `enough` answers are there. */
export function converse(at: Server | number, bytes: string | Buffer, enough = Infinity, halfClose = false): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect(typeof at === "number" ? at : portOf(at), "127.0.0.1");
    let text = "";
    let localPort = 0;
    const done = (closed: boolean): void => {
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]));
      resolve({ statuses, text, closed, localPort });
    };
    socket.setTimeout(QUIET_MS, () => { done(false); });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if ((text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0) >= enough) done(false);
    });
    socket.on("error", () => { done(true); });
    socket.on("end", () => { done(true); });
    socket.on("connect", () => {
      localPort = socket.localPort ?? 0;
      socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
      if (halfClose) socket.end();
    });
  });
}
