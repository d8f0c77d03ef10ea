// A real Prometheus with our rules, and a real Alertmanager with our routes, as processes of this machine.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { METRICS_TOKEN } from "./metrics.ts";
import { freePort } from "./server.ts";

const DEPLOY = resolve(import.meta.dirname, "../../deploy");
const SECRET = /url_file: \/run\/secrets\/alert_webhook_url/g;

/** deploy/'s, with the address in the place of its file: Debian's Alertmanager is older than `url_file`. */
export async function alertmanagerConfig(address: string): Promise<string> {
  return (await readFile(join(DEPLOY, "compose/alertmanager.yml"), "utf8")).replace(SECRET, `url: ${address}`);
}

type Daemon = { url: string; stop: () => Promise<void> };

async function startDaemon(name: string, config: string, options: string[]): Promise<Daemon> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  const address = `127.0.0.1:${String(await freePort())}`;
  await writeFile(join(directory, "config.yml"), config);
  const child = spawn(name, [`--config.file=${directory}/config.yml`, `--web.listen-address=${address}`, ...options], { cwd: directory, stdio: "ignore" });
  const ended = once(child, "exit");
  return {
    url: `http://${address}`,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Told of what Prometheus raises, it tells `receiver`. */
export const startAlertmanager = async (receiver: string): Promise<Daemon> =>
  startDaemon("prometheus-alertmanager", await alertmanagerConfig(receiver), ["--storage.path=data", "--cluster.listen-address="]);

export type Prometheus = Daemon & { /** Undefined while there is no answer. */ ask: (path: string) => Promise<unknown> };

/** Asks the targets each second; `hasten` changes the rules for those who cannot wait. */
export async function startPrometheus(targets: string[], o: { alertmanager?: Daemon; hasten?: (rules: string) => string } = {}): Promise<Prometheus> {
  const rules = await readFile(join(DEPLOY, "prometheus/rules.yml"), "utf8");
  const directory = await mkdtemp(join(tmpdir(), "rules-"));
  await writeFile(join(directory, "rules.yml"), o.hasten?.(rules) ?? rules);
  const daemon = await startDaemon("prometheus", JSON.stringify({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(directory, "rules.yml")],
    alerting: { alertmanagers: o.alertmanager ? [{ static_configs: [{ targets: [new URL(o.alertmanager.url).host] }] }] : [] },
    scrape_configs: [{ job_name: "hookswitch", authorization: { credentials: METRICS_TOKEN }, static_configs: [{ targets }] }],
  }), ["--storage.tsdb.path=data"]);
  return {
    url: daemon.url,
    ask: async (path) => {
      const answer = await fetch(`${daemon.url}/api/v1/${path}`).catch(() => undefined);
      return answer?.ok ? answer.json() : undefined;
    },
    stop: async () => {
      await daemon.stop();
      await rm(directory, { recursive: true });
    },
  };
}
