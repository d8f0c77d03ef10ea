// Behind the server's back: SQL on its store, by the engine's own means.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { psql } from "./postgres.ts";
import type { Server } from "./server.ts";

const SQLITE = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); db.executescript(sys.argv[2])";

export async function sql(server: Server, statements: string): Promise<void> {
  const url = server.env["DATABASE_URL"] ?? "";
  if (url.startsWith("sqlite:")) await promisify(execFile)("python3", ["-c", SQLITE, url.slice("sqlite:".length), statements]);
  else await psql(url, statements);
}
