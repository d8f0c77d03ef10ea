// A stand-in for a provider's address that hands each account's requests on to a simulator of its own.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export class Router {
  /** Base URL of the simulator of an account. */
  readonly to = new Map<string, string>();
  /** How often each account was asked. */
  readonly asked = new Map<string, number>();

  private constructor(
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<Router> {
    const listener = createServer((request, answer) => void router.#pass(request, answer)).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const url = `http://127.0.0.1:${String((listener.address() as AddressInfo).port)}`;
    const router: Router = new Router(url, async () => {
      listener.close();
      listener.closeAllConnections();
      await once(listener, "close");
    });
    return router;
  }

  async #pass(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = request.url ?? "";
    const account = /\/Accounts\/([^/.]+)/.exec(target)?.[1] ?? "";
    this.asked.set(account, (this.asked.get(account) ?? 0) + 1);
    const headers = { Authorization: request.headers.authorization ?? "" };
    const small = target.replace("PageSize=1000", "PageSize=2"); // a list of many requests
    const given = await fetch((this.to.get(account) ?? "") + small, { headers }).catch(() => undefined);
    const body = (await given?.text()) ?? "";
    answer.writeHead(given?.status ?? 502, { "Content-Type": "application/json" }).end(body);
  }
}
