// The nodes of deploy/compose/compose.yml as processes of this machine, behind its Caddy, on one PostgreSQL.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { Caddy } from "./caddy.ts";
import { type Server, startServer } from "./server.ts";

const COMPOSE = resolve(import.meta.dirname, "../../deploy/compose/compose.yml");

export type Service = { image?: string; command?: string[]; profiles?: string[]; volumes?: string[]; environment?: Record<string, string> };
export type Compose = { services: Record<string, Service>; volumes: Record<string, unknown>; secrets: Record<string, unknown> };

export async function readCompose(): Promise<Compose> {
  return parse(await readFile(COMPOSE, "utf8"), { merge: true }) as Compose;
}

/** Those that run our program. */
export function nodesOf({ services }: Compose): [string, Service][] {
  return Object.entries(services).filter(([, { image }]) => image?.startsWith("hookswitch") === true);
}

export class Arrangement {
  private constructor(
    readonly caddy: Caddy,
    /** By the names of their services. */
    readonly nodes: Map<string, Server>,
    /** What each is given; a node more is started with it. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start(database: string, env: NodeJS.ProcessEnv = {}): Promise<Arrangement> {
    const caddy = await Caddy.prepare();
    const all = { DATABASE_URL: database, WEBHOOK_BASE_URL: caddy.url, TRUSTED_PROXIES: "127.0.0.1/32", ...env };
    const made = new Arrangement(caddy, new Map(), all);
    try {
      for (const [name, { command = [], profiles }] of nodesOf(await readCompose()))
        if (!profiles) made.nodes.set(name, await startServer(all, command.slice(1)));
      await caddy.start(made.fronts);
    } catch (failure) {
      await made.remove().catch(() => undefined);
      throw failure;
    }
    return made;
  }

  node(name: string): Server {
    const node = this.nodes.get(name);
    if (!node) throw new Error(`compose.yml has no ${name}`);
    return node;
  }

  /** Those that Caddy leads to, as nodes.conf says. */
  get fronts(): Server[] {
    return [this.node("node-a"), this.node("node-b")];
  }

  /** The whole of it, as the world sees it: signatures, keys and tools are those of any node. */
  get world(): Server {
    return { ...this.node("node-a"), url: this.caddy.url };
  }

  /** Throws with what the first of them says that ended badly. */
  async remove(): Promise<void> {
    await this.caddy.stop();
    const ends = await Promise.allSettled([...this.nodes.values()].map((node) => node.remove()));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }
}
