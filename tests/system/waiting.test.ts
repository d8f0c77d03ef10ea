// Requests that wait for a provider keep half of the API's threads at most, and one project's half of those, rounded up:
// others are served meanwhile.
import assert from "node:assert/strict";
import { it } from "node:test";
import { ask, get } from "../lib/api.ts";
import { found } from "../lib/company.ts";
import { listen } from "../lib/listen.ts";
import { API_KEY, startServer } from "../lib/server.ts";
import { settled } from "../lib/settled.ts";
import { FakeCall } from "../lib/twilio.ts";
import { until } from "../lib/wait.ts";

it("a provider that does not answer keeps a few of the API's threads, whatever it is asked for, and none that another project may have", async () => {
  const asked: string[] = [];
  const { url, hangUp, close } = await listen((request) => asked.push(request.url ?? "")); // and never an answer
  const server = await startServer({ TWILIO_BASE_URL: url, API_THREADS: "6", RECONCILE_JOBS_ENABLED: "false" });
  const call = new FakeCall(server, "+15085140320");
  const sound = `/2010-04-01/Accounts/AC/Recordings/RE${call.sid.slice(2)}`;
  try {
    const other = await found(server, "Other", "owner@other.example");
    await call.arrives();
    await call.status("completed", { CallDuration: "28" });
    await call.recorded({ RecordingUrl: url + sound });
    await settled(server);
    const held = [1, 2, 3].map(() => ask(server, `/api/calls/${call.sid}/recording`).catch(() => undefined));
    const wanted = (): number => asked.filter((target) => target.startsWith(sound)).length;
    await until("two are asked for", () => Promise.resolve(wanted() >= 2 || undefined));
    assert.equal((await Promise.race(held))?.status, 503);
    assert.equal(wanted(), 2, "the third is another project's");
    assert.equal((await ask(server, `/api/sync/call/${call.sid}`)).status, 503);
    assert.equal((await ask(server, `/api/calls/${call.sid}/recording`)).status, 503);
    assert.equal((await ask(server, `/api/sync/call/${call.sid}`, { key: other.token })).status, 404); // there is a place, but no such call
    assert.equal((await ask(server, "/api/sync/recent", { method: "POST" })).status, 202); // it does not wait for the end
    assert.ok(await get(server, `/api/calls/${call.sid}`));
    hangUp();
    await Promise.all(held);
    const again = ask(server, `/api/sync/call/${call.sid}`).catch(() => undefined);
    await until("there is room again", () => Promise.resolve(asked.some((target) => target.includes(`/Calls/${call.sid}.json`)) || undefined));
    hangUp();
    await again;
  } finally {
    hangUp();
    await server.remove();
    await close();
  }
});

it("one client that asks as often as it can leaves room for the others", async () => {
  const asked: string[] = [];
  const { url, hangUp, close } = await listen((request) => asked.push(request.url ?? "")); // and never an answer
  const server = await startServer({ TWILIO_BASE_URL: url, API_THREADS: "1", RECONCILE_JOBS_ENABLED: "false", TRUSTED_PROXIES: "127.0.0.1" });
  const from = async (address: string): Promise<number> => (await ask(server, "/api/me", { headers: { "X-Forwarded-For": address } })).status;
  const call = new FakeCall(server, "+15085140320");
  try {
    await call.arrives();
    await call.recorded({ RecordingUrl: `${url}/2010-04-01/Accounts/AC/Recordings/RE1` });
    await settled(server);
    const held = ask(server, `/api/calls/${call.sid}/recording`).catch(() => undefined);
    await until("the only thread is held", () => Promise.resolve(asked.length > 0 || undefined));
    let tellFull = (): void => undefined;
    const full = new Promise<void>((resolve) => { tellFull = resolve; });
    const burst = Promise.all(Array.from({ length: 1040 }, async () => {
      const status = await from("198.51.100.1");
      if (status === 503) tellFull();
      return status;
    }));
    await full;
    const other = from("198.51.100.2");
    assert.equal(await from("198.51.100.1"), 503); // the other has come by then
    hangUp();
    assert.equal(await other, 200);
    assert.deepEqual([...new Set(await burst)].sort(), [200, 503]);
    await held;
  } finally {
    hangUp();
    await server.remove();
    await close();
  }
});

it("one project that asks for a thousand things at once keeps nobody of another waiting behind them", async () => {
  const asked: string[] = [];
  const { url, hangUp, close } = await listen((request) => asked.push(request.url ?? "")); // and never an answer
  const server = await startServer({ TWILIO_BASE_URL: url, API_THREADS: "1", RECONCILE_JOBS_ENABLED: "false", TRUSTED_PROXIES: "127.0.0.1" });
  const from = async (client: number, key: string): Promise<number> =>
    (await ask(server, "/api/me", { key, headers: { "X-Forwarded-For": `198.51.100.${String(client % 2)}` } })).status;
  const other = await found(server, "Other", "owner@other.example");
  const call = new FakeCall(server, "+15085140320");
  try {
    await call.arrives();
    await call.recorded({ RecordingUrl: `${url}/2010-04-01/Accounts/AC/Recordings/RE1` });
    await settled(server);
    assert.equal(await from(0, API_KEY), 200); // from now on the keys are known
    assert.equal(await from(0, other.token), 200);
    const held = ask(server, `/api/calls/${call.sid}/recording`).catch(() => undefined);
    await until("the only thread is held", () => Promise.resolve(asked.length > 0 || undefined));
    let served = 0, refused = 0;
    const burst = Promise.all(Array.from({ length: 1560 }, async (_, i) => {
      const status = await from(i, API_KEY); // from two addresses, which leave room for one another's
      if (status === 503) refused++;
      else served++;
      return status;
    }));
    await until("no more of it may wait", () => Promise.resolve(refused > 0 || undefined));
    const before = from(0, other.token).then((status) => ({ status, served }));
    assert.equal(await from(0, API_KEY), 503); // the other has come by then
    hangUp();
    const { status, served: ahead } = await before;
    assert.equal(status, 200);
    assert.ok(ahead < 768, `${String(ahead)} of the other project's were served before it`);
    assert.deepEqual([...new Set(await burst)].sort(), [200, 503]);
    assert.ok(served >= 1536, `${String(served)} were served`);
    await held;
  } finally {
    hangUp();
    await server.remove();
    await close();
  }
});
