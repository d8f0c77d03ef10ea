// Every file of deploy/ is one that its own program takes, and what it names is there. No container is started.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { type Compose, nodesOf, readCompose } from "../lib/arrangement.ts";
import { Caddy } from "../lib/caddy.ts";
import { alertmanagerConfig } from "../lib/prometheus.ts";
import { ROOT } from "../lib/server.ts";

const run = promisify(execFile);
const COMPOSE = join(ROOT, "deploy/compose");

const read = (path: string): Promise<string> => readFile(join(ROOT, path), "utf8");
const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

/** By which test or program each is looked at: a new file wants a line here. */
const LOOKED_AT: Record<string, string> = {
  "README.md": "cluster.test counts its connections; here its commands' files",
  "caddy/Caddyfile": "here, cluster.test",
  "caddy/nodes.conf": "here",
  "compose/alertmanager.yml": "here, metrics.test",
  "compose/compose.yml": "here, cluster.test, deploy.test",
  "compose/example.env": "here",
  "compose/make_role.sh": "here",
  "compose/make_secrets.sh": "here",
  "compose/prometheus.yml": "here",
  "docker/Dockerfile": "here, deploy.test",
  "grafana/hookswitch.json": "metrics.test",
  "prometheus/rules.yml": "metrics.test",
  "prometheus/rules_test.yml": "metrics.test",
  "systemd/hookswitch.service": "deploy.test",
};

/** docker compose knows `name`; Debian's docker-compose, whose parser is at hand without a daemon, does not. */
async function composeConfig(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hookswitch-compose-"));
  const file = join(directory, "compose.yml");
  try {
    await writeFile(file, (await read("deploy/compose/compose.yml")).replace(/^name: .*\n/m, ""));
    await run("docker-compose", ["-f", file, "--project-directory", COMPOSE, "--env-file", join(COMPOSE, "example.env"), "config", "-q"]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const sourceOf = (volume: string): string => volume.split(":")[0] ?? "";

describe("the files of deploy/", () => {
  it("are all looked at by somebody", async () => {
    const entries = await readdir(join(ROOT, "deploy"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, "deploy/").length));
    const ours = files.filter((file) => !/^compose\/(\.env|secrets\/)/.test(file)); // of whoever runs it here
    assert.deepEqual(ours.sort(), Object.keys(LOOKED_AT).sort());
  });

  it("Caddyfile: Caddy takes it, and finds it well laid out", async () => {
    const caddy = await Caddy.prepare();
    await caddy.validate();
    await caddy.stop();
    await run("caddy", ["fmt", join(ROOT, "deploy/caddy/Caddyfile")]).then(async ({ stdout }) => {
      assert.equal(stdout.trim(), (await read("deploy/caddy/Caddyfile")).trim());
    });
  });

  it("scripts: the shell takes them", async () => {
    for (const script of ["make_role.sh", "make_secrets.sh"]) await run("sh", ["-n", join(COMPOSE, script)]);
  });

  it("prometheus.yml: Prometheus takes it, and it asks every node", async () => {
    await run("promtool", ["check", "config", "--syntax-only", join(COMPOSE, "prometheus.yml")]);
    const { scrape_configs } = parse(await read("deploy/compose/prometheus.yml")) as { scrape_configs: { static_configs: { targets: string[] }[] }[] };
    const targets = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap((each) => each.targets));
    const nodes = nodesOf(await readCompose()).filter(([, { profiles }]) => !profiles);
    assert.deepEqual(targets, nodes.map(([name]) => `${name}:3000`));
  });

  it("alertmanager.yml: Alertmanager takes it, and Prometheus tells it what its rules raise", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hookswitch-alertmanager-"));
    try {
      await writeFile(join(directory, "alertmanager.yml"), await alertmanagerConfig("https://alerts.example.com/hook"));
      await run("amtool", ["check-config", join(directory, "alertmanager.yml")]);
      for (const severity of ["page", "ticket"]) {
        const { stdout } = await run("amtool", ["config", "routes", "test", `--config.file=${directory}/alertmanager.yml`, `severity=${severity}`]);
        assert.equal(stdout.trim(), severity);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
    const { alerting } = parse(await read("deploy/compose/prometheus.yml")) as { alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] } };
    assert.deepEqual(alerting.alertmanagers, [{ static_configs: [{ targets: ["alertmanager:9093"] }] }]);
    assert.ok("alertmanager" in (await readCompose()).services);
    const raised = new Set([...(await read("deploy/prometheus/rules.yml")).matchAll(/severity: (\w+)/g)].map(([, severity]) => severity));
    assert.deepEqual([...raised].sort(), ["page", "ticket"]);
  });

  it("prometheus keeps more than the rules look back over", async () => {
    const { command = [] } = (await readCompose()).services["prometheus"] ?? {};
    const kept = Number(/retention\.time=(\d+)d/.exec(command.join(" "))?.[1]);
    const wanted = [...(await read("deploy/prometheus/rules.yml")).matchAll(/\[(\d+)d\]/g)].map(([, days]) => Number(days));
    assert.ok(wanted.includes(28) && kept > Math.max(...wanted), `${String(kept)} days`);
  });
});

describe("compose.yml", () => {
  it("is one, with the variables of example.env", composeConfig);

  it("names volumes, secrets and files that are there, and every volume is used", async () => {
    const compose: Compose = await readCompose();
    const volumes = Object.values(compose.services).flatMap((service) => service.volumes ?? []).map(sourceOf);
    assert.deepEqual(new Set(volumes.filter((source) => !source.startsWith("."))), new Set(Object.keys(compose.volumes)));
    for (const source of volumes.filter((each) => each.startsWith("."))) assert.ok(await exists(join(COMPOSE, source)), source);
    const made = await read("deploy/compose/make_secrets.sh");
    for (const secret of Object.keys(compose.secrets)) assert.match(made, new RegExp(`(keep|ask) ${secret}\\b`));
  });

  it("leads the proxy to nodes that have doors, and each keeps a spool of its own", async () => {
    const fronts = nodesOf(await readCompose()).filter(([, { command }]) => command?.some((word) => word.includes("door")));
    const spools = fronts.map(([, { volumes }]) => volumes?.find((volume) => volume.endsWith(":/var/spool/hookswitch")));
    assert.equal(new Set(spools.filter(Boolean)).size, fronts.length);
    const led = /^to (.*)$/m.exec(await read("deploy/caddy/nodes.conf"))?.[1]?.split(" ");
    assert.deepEqual(led, fronts.filter(([, { profiles }]) => !profiles).map(([name]) => `${name}:3000`));
  });

  it("lets no container write but to its volumes, and to memory where its program needs a place", async () => {
    const { services } = await readCompose();
    const needs: Record<string, string[]> = { postgres: ["/tmp", "/run/postgresql"], caddy: ["/config", "/tmp"], nats: [], prometheus: [], alertmanager: [] };
    for (const [name, service] of Object.entries(services)) {
      const { read_only, tmpfs } = service as Record<string, unknown>;
      assert.deepEqual({ read_only, tmpfs: tmpfs ?? [] }, { read_only: true, tmpfs: needs[name] ?? ["/tmp"] }, name);
    }
  });

  it("gives nodes no rights, and no image changes by itself to another major version", async () => {
    const { services } = await readCompose();
    for (const [name, node] of nodesOf({ services } as Compose)) {
      const { read_only, cap_drop, security_opt } = node as Record<string, unknown>;
      assert.deepEqual({ read_only, cap_drop, security_opt }, { read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] }, name);
    }
    for (const { image = "" } of Object.values(services)) assert.match(image, /^hookswitch(:green)?$|:v?\d/);
  });
});

describe("Dockerfile", () => {
  const copies = (text: string): string[] => [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = ""]) => sources.split(" "));

  it("copies what there is", async () => {
    const sources = copies(await read("deploy/docker/Dockerfile"));
    assert.ok(sources.length > 5);
    for (const source of sources) assert.ok(await exists(join(ROOT, source)), source);
  });

  it("installs packages that Debian has", async () => {
    for (const list of ["build", "run"]) {
      const names = (await read(`tools/packages/${list}.txt`)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const { stdout } = await run("dpkg-query", ["-W", "-f", "${Package}\\n", ...names]); // fails where one is unknown
      assert.equal(new Set(stdout.trim().split("\n")).size, names.length, list);
    }
  });

  it("runs as nobody's user, from images with a version", async () => {
    const text = await read("deploy/docker/Dockerfile");
    assert.match(text, /^USER [1-9]\d*:[1-9]\d*$/m);
    for (const [, image = ""] of text.matchAll(/^FROM (\S+)/gm)) assert.match(image, /:(20-bookworm|12)-slim$/);
  });
});
