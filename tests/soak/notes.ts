// The acknowledgement log of a soak: what was answered with 2xx, and what each client saw, in runs.
import { createWriteStream, type WriteStream } from "node:fs";
import { ACCOUNT_SID } from "../lib/server.ts";

export class Notes {
  readonly #file: WriteStream;
  acknowledged = 0;

  constructor(readonly path: string) {
    this.#file = createWriteStream(path);
  }

  line(...words: (string | number)[]): void {
    const [word, ...rest] = words;
    this.#file.write(`${String(word)} ${ACCOUNT_SID} ${rest.join(" ")}\n`);
  }

  ack(key: string): void {
    this.acknowledged += 1;
    this.line("ack", key);
  }

  close(): Promise<void> {
    return new Promise((closed) => this.#file.end(closed));
  }
}
