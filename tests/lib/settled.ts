// When everything that was acknowledged has been applied; and the auditor's word on it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { get, type SyncHealth } from "./api.ts";
import { BINARY, type Server } from "./server.ts";
import { until } from "./wait.ts";

/** Waits until nothing is pending, in the spool or in the inbox. */
export function settled(server: Server): Promise<SyncHealth> {
  const began = Date.now();
  return until("everything is applied", async () => {
    const health = await get<SyncHealth>(server, "/api/health/sync").catch(() => undefined);
    if (health === undefined || health.inbox.counted_ago_ms > Date.now() - began) return undefined; // counted before
    return health.inbox.pending === 0 && health.inbox.spool_bytes === 0 ? health : undefined;
  });
}

/** Any command of the program, with the server's configuration. */
export const tool = (server: Server, ...args: string[]): Promise<{ code: number; output: string }> => toolUnder([], server, ...args);

/** The same under another program, which is given what to run. */
export async function toolUnder(command: string[], server: Server, ...args: string[]): Promise<{ code: number; output: string }> {
  const [program = BINARY, ...rest] = [...command, BINARY, ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(program, rest, { env: server.env });
    return { code: 0, output: stdout + stderr };
  } catch (failure) {
    const { code, stdout, stderr } = failure as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

/** `hookswitch verify`, and with an acknowledgement log `verify --acks`: throws with its findings. */
export async function audit(server: Server, acks?: string): Promise<string> {
  const { code, output } = await tool(server, "verify", ...(acks === undefined ? [] : ["--acks", acks]));
  if (code !== 0) throw new Error(`the auditor found:\n${output}`);
  return output;
}
