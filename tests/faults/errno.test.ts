// System calls that fail: once, every third time, and from some time on. The server survives and is
// right, or it ends with a word for the supervisor. Either way the books balance after the next start.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createDatabase } from "../lib/postgres.ts";
import { type Server, startServer } from "../lib/server.ts";
import { strace } from "../lib/strace.ts";
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

type Row = {
  calls: string;
  errors: string[];
  /** In the notation of strace; each in a round of its own. */
  when: string[];
  /** Only calls about the database's log, or the database. */
  on?: "wal" | "database";
  expect: Expected;
  fault?: string;
};

const SYNC = /the disk failed to keep what was written|a sync to disk failed|cannot be synced/;

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

  // What a unit of systemd without our line for it refuses: threads have no priorities then.
  { calls: "sched_setattr,sched_setscheduler,sched_setaffinity,setpriority", errors: ["EPERM"], when: ["1+"], expect: "lives", fault: "F201" },

  // Randomness.
  { calls: "getrandom", errors: ["EINTR"], when: ["4+2"], expect: "lives", fault: "F208" },
  { calls: "getrandom", errors: ["ENOSYS"], when: ["1+"], expect: /gives no random numbers/, fault: "F208" },
];

/** What libpq alone calls: the server's own sockets, events and log are read and written by other names. */
const WIRE: Row[] = [
  { calls: "sendto", errors: ["ECONNRESET", "EPIPE"], when: ["30", "40+9"], expect: "lives", fault: "F049" },
  // In the middle of a start a lost connection ends it, in words.
  { calls: "recvfrom", errors: ["ECONNRESET"], when: ["30", "40+9"], expect: "tells", fault: "F049" },
];

const CLUSTER = process.env["TEST_POSTGRES_URL"];

/** The server is made when the tests begin. */
function sweep(table: Row[], of: () => Server): void {
  for (const { calls, errors, when, on, expect, fault } of table)
    for (const error of errors)
      it(`${fault === undefined ? "" : `${fault}: `}${calls} ${on ?? ""} ${error} ${when.join(" ")}`, async () => {
        const server = of();
        const database = (server.env["DATABASE_URL"] ?? "").slice("sqlite:".length);
        const path = on && { path: on === "wal" ? `${database}-wal` : database };
        let strikes = 0;
        for (const at of when) {
          const struck = await strike(server, strace({ calls, fault: `error=${error}`, when: at, ...path }), expect instanceof RegExp);
          strikes += struck.strikes;
          if (struck.strikes > 0) assertExpected(struck, expect);
        }
        assert.ok(strikes > 0, "nothing struck");
      });
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
