// HTTP without a client library: bytes as they are, and what comes back.
import { connect } from "node:net";
import type { Server } from "./server.ts";

export type Heard = { statuses: number[]; text: string; /** The server has ended the connection. */ closed: boolean };

const QUIET_MS = 10_000;

/** Sends bytes and reads until the server closes, or until `enough` answers are there. */
export function converse(server: Server, bytes: string | Buffer, enough = Infinity, halfClose = false): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let text = "";
    const done = (closed: boolean): void => {
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]));
      resolve({ statuses, text, closed });
    };
    socket.setTimeout(QUIET_MS, () => { done(false); });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if ((text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0) >= enough) done(false);
    });
    socket.on("error", () => { done(true); });
    socket.on("end", () => { done(true); });
    socket.on("connect", () => {
      socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
      if (halfClose) socket.end();
    });
  });
}
