// Behind the server's back: SQL on its store, by the engine's own means.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { psql, Session } from "./postgres.ts";
import type { Server } from "./server.ts";

const SQLITE = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); db.executescript(sys.argv[2])";

export async function sql(server: Server, statements: string): Promise<void> {
  const url = server.env["DATABASE_URL"] ?? "";
  if (url.startsWith("sqlite:")) await promisify(execFile)("python3", ["-c", SQLITE, url.slice("sqlite:".length), statements]);
  else await psql(url, statements);
}

const HOLDER = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); [db.execute(each).fetchall() for each in sys.argv[2:]]; print(flush=True); sys.stdin.read()";

async function sqliteHolder(path: string, ...statements: string[]): Promise<() => Promise<void>> {
  const child = spawn("python3", ["-c", HOLDER, path, ...statements], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit").then(([code]) => String(code));
  const ended = gone.then((code) => Promise.reject(new Error(`who was to hold ${path} ended with ${code}`)));
  await Promise.race([once(child.stdout, "data"), ended]);
  return async () => {
    child.stdin.end();
    await gone;
  };
}

/** Somebody with an SQLite shell in the middle of a transaction that reads; ended by what is returned. */
export const sqliteReader = (path: string): Promise<() => Promise<void>> => sqliteHolder(path, "BEGIN", "SELECT count(*) FROM calls");

/** Somebody who lets no event be stored, on either store, until what is returned is called; who reads is not held up. */
export async function holdInbox(server: Server): Promise<() => Promise<void>> {
  const url = server.env["DATABASE_URL"] ?? "";
  if (url.startsWith("sqlite:")) return sqliteHolder(url.slice("sqlite:".length), "BEGIN IMMEDIATE");
  const session = new Session(url);
  await session.run("BEGIN; LOCK TABLE webhook_inbox IN SHARE MODE");
  return () => session.end();
}
