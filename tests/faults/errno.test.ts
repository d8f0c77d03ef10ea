// System calls that fail: once, every third time, and from some time on. The server survives and is
// right, or it ends with a word for the supervisor. Either way the books balance after the next start.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createDatabase } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { type Injection, strace } from "../lib/strace.ts";
import { strike, type Struck } from "../lib/strike.ts";

/** What is expected: it lives; it ends, saying why; or either, as long as it does it in words. */
type Expected = "lives" | "tells" | RegExp;

const WORDS = /hookswitch: |level=error|error while loading shared libraries/;

function assertExpected({ end, said }: Struck, expected: Expected): void {
  if (expected === "lives") assert.equal(end, undefined, `it ended:\n${said}`);
  if (expected instanceof RegExp) assert.ok(end, `it lives:\n${said}`);
  if (!end) return;
  assert.ok(end.code !== 0 && (end.signal === null || end.signal === "SIGABRT"), `it ended with ${JSON.stringify(end)}`);
  assert.match(said, expected instanceof RegExp ? expected : WORDS);
}

type On = "wal" | "database" | "spool" | "spooled";

type Row = {
  calls: string;
  errors: string[];
  /** In the notation of strace; each in a round of its own: of the first error all, of the others the first, as it
   * is the place more than the error that tells. */
  when: string[];
  /** Only calls about the database's log, the database, the spool's first file, or the spool's entries. */
  on?: On;
  /** What makes it come to such calls. */
  after?: Injection;
  expect: Expected;
  fault?: string;
};

const SYNC = /the disk failed to keep what was written|a sync to disk failed|cannot be synced/;

/** The log takes nothing for a while, and for a moment: the spool is written, and read back. */
const AWAY: Injection = { calls: "pwrite64", fault: "error=ENOSPC", when: "40..70" };
const AWAY_BRIEFLY: Injection = { ...AWAY, when: "40..41" };

const SPOOL: Row[] = [
  { calls: "write", errors: ["EIO", "ENOSPC"], when: ["1", "2", "2+2", "2+"], on: "spooled", after: AWAY, expect: "lives" },
  { calls: "unlinkat", errors: ["EIO", "EROFS"], when: ["1", "1+2"], on: "spool", after: AWAY_BRIEFLY, expect: "lives" },
  // Its directory, and its lock.
  { calls: "openat", errors: ["EIO", "ENOSPC", "EMFILE"], when: ["1", "2"], on: "spool", expect: /hookswitch: spool: / },
  // The sealed copy of the accounts beside it.
  { calls: "renameat", errors: ["EIO", "ENOSPC"], when: ["1+"], expect: "lives" },
];

const TABLE: Row[] = [
  // The log of the database: written by whoever has the turn.
  { calls: "pwrite64", errors: ["EIO", "ENOSPC"], when: ["40", "30+3", "40+"], on: "wal", expect: "lives" },
  { calls: "pwrite64", errors: ["EINTR"], when: ["1+3"], on: "wal", expect: "lives" },
  { calls: "fdatasync", errors: ["EIO"], when: ["1", "3", "4", "6+"], on: "wal", expect: SYNC, fault: "F032" },
  { calls: "fdatasync", errors: ["ENOSPC", "EDQUOT"], when: ["4"], on: "wal", expect: SYNC, fault: "F032" },
  { calls: "fdatasync,fsync", errors: ["EIO"], when: ["1+"], expect: SYNC, fault: "F032" },
  { calls: "pread64", errors: ["EIO"], when: ["5", "12+"], on: "database", expect: "tells" },
  { calls: "pread64", errors: ["EINTR"], when: ["1+3"], on: "database", expect: "lives" },
  { calls: "fcntl", errors: ["ENOLCK", "EIO"], when: ["30", "100"], expect: "tells" },

  // The spool, while the log takes nothing; it is read back when that is over.
  ...SPOOL,

  // Files and memory, from the loader to the middle of the work.
  { calls: "openat", errors: ["EMFILE", "EINTR"], when: ["40", "60", "66", "70", "60+"], expect: "tells" },
  { calls: "mmap", errors: ["ENOMEM"], when: ["90", "130", "180", "200", "210", "200+"], expect: "tells" },
  { calls: "mprotect", errors: ["ENOMEM"], when: ["20", "60", "80+"], expect: "tells" },
  { calls: "ftruncate,unlink", errors: ["EIO"], when: ["1+"], expect: "tells" },
  { calls: "flock", errors: ["ENOLCK"], when: ["1", "2"], expect: /hookswitch: .*No locks available/ },

  // Descriptors, threads and wake-ups.
  { calls: "accept4", errors: ["EMFILE", "ENFILE", "ENOMEM", "ECONNABORTED", "EINTR"], when: ["1", "1+2"], expect: "lives" },
  { calls: "epoll_wait,epoll_pwait", errors: ["EINTR"], when: ["2+3"], expect: "lives", fault: "F035" },
  { calls: "read,write,pread64,pwrite64,epoll_wait,accept4", errors: ["EINTR"], when: ["90+3"], expect: "lives", fault: "F035" },
  { calls: "read", errors: ["EAGAIN"], when: ["90+7"], expect: "lives" },
  { calls: "clone3", errors: ["EAGAIN"], when: ["1", "2", "3", "5", "7", "11"], expect: /hookswitch: the system gives no further thread/, fault: "F201" },
  { calls: "epoll_create1,eventfd2,pipe2", errors: ["EMFILE"], when: ["1"], expect: /hookswitch: / },
  { calls: "bind,listen", errors: ["EADDRINUSE"], when: ["1"], expect: /hookswitch: / },

  { calls: "socket", errors: ["EMFILE", "EPERM"], when: ["1"], expect: /hookswitch: / },

  // What a filter refuses: what is only for comfort is done without, what is needed ends the start. The first row is what a
  // unit of systemd without our line for it refuses: threads have no priorities then.
  { calls: "sched_setattr,sched_setscheduler,sched_setaffinity,setpriority", errors: ["EPERM"], when: ["1+"], expect: "lives", fault: "F201" },
  { calls: "prctl,madvise,set_robust_list,sysinfo,uname,getpriority,prlimit64", errors: ["EPERM"], when: ["1+"], expect: "lives", fault: "F201" },
  { calls: "accept4", errors: ["EPERM"], when: ["1", "1+2"], expect: "lives", fault: "F201" },
  { calls: "clone3,flock,epoll_create1,eventfd2", errors: ["EPERM"], when: ["1"], expect: /hookswitch: /, fault: "F201" },
  { calls: "statfs", errors: ["EPERM"], when: ["1+"], expect: "tells", fault: "F201" },

  // Randomness.
  { calls: "getrandom", errors: ["EINTR"], when: ["4+2"], expect: "lives", fault: "F208" },
  { calls: "getrandom", errors: ["ENOSYS", "EPERM"], when: ["1+"], expect: /gives no random numbers/, fault: "F208" },
];

/** What libpq alone calls while the server runs: its own sockets, events and log are read and written by other
 * names. A start that loses the database waits for it (F061). */
const WIRE: Row[] = [
  { calls: "sendto", errors: ["ECONNRESET", "EPIPE", "EPERM"], when: ["30", "40+9"], expect: "lives", fault: "F049" },
  { calls: "recvfrom", errors: ["ECONNRESET", "ETIMEDOUT"], when: ["30", "40+9"], expect: "lives", fault: "F049" },
  { calls: "sendto,recvfrom", errors: ["EINTR"], when: ["5+3"], expect: "lives", fault: "F035" },
  { calls: "recvfrom", errors: ["EAGAIN"], when: ["5+3"], expect: "lives" },
  // The first two of the first thread look for a cache of names.
  { calls: "connect", errors: ["EINTR", "EAGAIN", "ECONNREFUSED", "EPERM"], when: ["1", "3", "4+2"], expect: "lives", fault: "F061" },
  // The fourth and the fifth of the first thread listen.
  { calls: "socket", errors: ["EMFILE", "ENFILE"], when: ["1", "3", "6+2"], expect: "lives", fault: "F061" },
  { calls: "poll", errors: ["EINTR"], when: ["3", "2+3"], expect: "lives", fault: "F035" },
  { calls: "poll", errors: ["EAGAIN", "ENOMEM"], when: ["3", "9+9"], expect: "lives" },
];

const CLUSTER = process.env["TEST_POSTGRES_URL"];

function injectionsOf(server: Server, { calls, on, after }: Row, error: string, when: string): Injection[] {
  const database = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
  const spool = server.env["SPOOL_DIR"] ?? "";
  const paths = { wal: `${database}-wal`, database, spool, spooled: join(spool, `${"1".padStart(20, "0")}.spool`) };
  const lead = after && { ...after, path: paths.wal };
  return [...(lead ? [lead] : []), { calls, fault: `error=${error}`, when, ...(on && { path: paths[on] }) }];
}

/** The server is made when the tests begin. */
function sweep(table: Row[], of: () => Server): void {
  for (const row of table)
    for (const [i, error] of row.errors.entries()) {
      const when = i === 0 ? row.when : row.when.slice(0, 1);
      it(`${row.fault === undefined ? "" : `${row.fault}: `}${row.calls} ${row.on ?? ""} ${error} ${when.join(" ")}`, async () => {
        const never: string[] = [];
        for (const at of when) {
          const trace = strace(...injectionsOf(of(), row, error, at));
          const struck = await strike(of(), trace, { ends: row.expect instanceof RegExp, calls: row.after && row.calls });
          if (struck.strikes > 0) assertExpected(struck, row.expect);
          else never.push(at);
        }
        assert.deepEqual(never, [], "never struck");
      });
    }
}

describe("a call that fails", () => {
  let server: Server;
  before(async () => {
    server = await startServer({ LOOPS: "2" });
  });
  after(() => server.remove());
  sweep(TABLE, () => server);
});

describe("a call to PostgreSQL that fails", { skip: CLUSTER === undefined && "TEST_POSTGRES_URL is not given" }, () => {
  let server: Server;
  before(async () => {
    server = await startServer({ LOOPS: "2", DATABASE_URL: await createDatabase(CLUSTER ?? "") });
  });
  after(() => server.remove());
  sweep(WIRE, () => server);
});
