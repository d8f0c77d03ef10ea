// Behind the server's back: SQL on its store, by the engine's own means.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { psql } from "./postgres.ts";
import type { Server } from "./server.ts";

const SQLITE = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); db.executescript(sys.argv[2])";

export async function sql(server: Server, statements: string): Promise<void> {
  const url = server.env["DATABASE_URL"] ?? "";
  if (url.startsWith("sqlite:")) await promisify(execFile)("python3", ["-c", SQLITE, url.slice("sqlite:".length), statements]);
  else await psql(url, statements);
}

const READER = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('BEGIN'); db.execute('SELECT count(*) FROM calls').fetchone(); print(flush=True); sys.stdin.read()";

/** Somebody with an SQLite shell in the middle of a transaction that reads; ended by what is returned. */
export async function sqliteReader(path: string): Promise<() => Promise<void>> {
  const child = spawn("python3", ["-c", READER, path], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return async () => {
    const gone = once(child, "exit");
    child.stdin.end();
    await gone;
  };
}
