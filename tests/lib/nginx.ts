// The machine's nginx with a configuration of the test, as one process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server.ts";
import { until } from "./wait.ts";

export type Nginx = { ports: number[]; stop: () => Promise<void> };

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** `servers` gives the inside of one server block each; they listen on free ports, in this order. */
export async function startNginx(servers: string[]): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-nginx-"));
  const ports = await Promise.all(servers.map(() => freePort()));
  const blocks = servers.map((inside, i) => `server { listen 127.0.0.1:${String(ports[i])} backlog=4096; ${inside} }`);
  const paths = TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(" ");
  const file = join(directory, "nginx.conf");
  await writeFile(
    file,
    `daemon off; master_process off; pid nginx.pid; error_log stderr crit; worker_rlimit_nofile 8192;
     events { worker_connections 4096; }
     http { access_log off; ${paths} ${blocks.join("\n")} }\n`,
  );
  const child = spawn("nginx", ["-p", directory, "-e", "stderr", "-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until("nginx listens", () => {
    if (child.exitCode !== null) throw new Error(`nginx: ${said}`);
    return isOpen(ports[0] ?? 0);
  });
  return {
    ports,
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL"); // it has nothing to keep
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function isOpen(port: number): Promise<true | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
