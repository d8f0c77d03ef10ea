// A page of docs/ whose commands are run as they stand there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { API_KEY, BINARY, type Server } from "./server.ts";

export class Page {
  readonly #followed = new Set<string>();

  private constructor(readonly sections: ReadonlyMap<string, string[]>) {}

  /** Reads the commands of each section: what is set in as code. */
  static async read(name: string): Promise<Page> {
    const sections = new Map<string, string[]>();
    let commands: string[] = [];
    for (const line of (await readFile(resolve(import.meta.dirname, "../../docs", name), "utf8")).split("\n")) {
      const title = /^#+ (.+)$/.exec(line)?.[1];
      if (title !== undefined) sections.set(title, (commands = []));
      else if (line.startsWith("    ")) commands.push(line.trim());
    }
    return new Page(sections);
  }

  /** The commands of a section, which there must be. */
  commands(title: string): string[] {
    const commands = this.sections.get(title) ?? [];
    assert.notEqual(commands.length, 0, `no commands under "${title}"`);
    this.#followed.add(title);
    return commands;
  }

  /** Sections with commands that nobody has asked for. */
  forgotten(): string[] {
    return [...this.sections].flatMap(([title, commands]) => (commands.length > 0 && !this.#followed.has(title) ? [title] : []));
  }
}

/** Where somebody types: in which directory, and what their shell knows besides. */
export type Console = {
  directory?: string;
  env?: NodeJS.ProcessEnv;
  /** Functions of the shell, by which a command is another one here. */
  words?: string;
};

/** Runs a line as somebody at the server's console types it; it must succeed. */
export async function typed(server: Server, line: string, { directory, env = {}, words = "" }: Console = {}): Promise<string> {
  const script = `hookswitch() { "$BINARY" "$@"; }\n${words}\n${line}`;
  const { stdout, stderr } = await promisify(execFile)("sh", ["-c", script], { cwd: directory, env: { ...server.env, BINARY, API_KEY, ...env } });
  return stdout + stderr;
}
