// A stand-in for a provider's API that hands on to a simulator, or to one for each account: what is asked is noted,
// lists come in small pages, and a request can be held up.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "./listen.ts";
import { until } from "./wait.ts";

const PAGE_SIZE = 20;

/** Base URL of the simulator that a request is for. */
type Whither = (target: string) => string;

export class Between {
  /** The targets of all requests, in order. */
  readonly asked: string[] = [];
  #held: { go: () => void; answered: Promise<void> } | undefined;
  #holds = (_: string): boolean => false;

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
    private readonly whither: Whither,
    private readonly pageSize: number,
  ) {}

  /** The simulators may come later. */
  static async open(whither: Whither, { pageSize = PAGE_SIZE } = {}): Promise<Between> {
    const { url, close } = await listen((request, answer) => void between.#pass(request, answer));
    const between: Between = new Between(url, close, whither, pageSize);
    return between;
  }

  async #pass(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = (request.url ?? "").replace("PageSize=1000", `PageSize=${String(this.pageSize)}`);
    this.asked.push(target);
    if (this.#holds(target)) await this.#stop(answer);
    const headers = { Authorization: request.headers.authorization ?? "" };
    const given = await fetch(this.whither(target) + target, { headers }).catch(() => undefined);
    const body = (await given?.text()) ?? "";
    answer.writeHead(given?.status ?? 502, { "Content-Type": "application/json" }).end(body);
  }

  #stop(answer: ServerResponse): Promise<void> {
    const answered = once(answer, "close").then(() => undefined);
    return new Promise((go) => (this.#held = { go, answered }));
  }

  /** Holds up the next request that is so, and waits until it is there. */
  async hold(such: (target: string) => boolean): Promise<void> {
    this.#holds = (target) => {
      if (!such(target)) return false;
      this.#holds = () => false;
      return true;
    };
    await until("the request is held up", () => (this.#held ? true : undefined));
  }

  /** Lets it go, and waits until it is answered. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    held?.go();
    await held?.answered;
  }
}
