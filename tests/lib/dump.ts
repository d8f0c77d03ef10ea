// All that a store holds, as text, table by table.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { psql } from "./postgres.ts";
import type { Server } from "./server.ts";

const LARGE = 256 * 1024 * 1024;
const SQLITE = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
tables = [t for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
print(json.dumps({t: sorted(repr(row) for row in db.execute(f'SELECT * FROM "{t}"')) for t in tables}))
`;

export type Dump = Record<string, string[]>;

export async function dump(server: Server): Promise<Dump> {
  const url = server.env["DATABASE_URL"] ?? "";
  if (url.startsWith("sqlite:")) {
    const { stdout } = await promisify(execFile)("python3", ["-c", SQLITE, url.slice("sqlite:".length)], { maxBuffer: LARGE });
    return JSON.parse(stdout) as Dump;
  }
  const all: Dump = {};
  const tables = await psql(url, "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public' ORDER BY 1");
  for (const table of tables.split("\n")) all[table] = (await psql(url, `SELECT t::text FROM ${table} t ORDER BY 1`)).split("\n");
  return all;
}
