import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { en } from "./text/en";
import { ru } from "./text/ru";

const SOURCES = ["providers/twilio/normalise.c", "jobs/inbox_apply.c"];

afterEach(() => {
  vi.doUnmock("./text");
  vi.resetModules();
});

async function inRussian(): Promise<typeof import("./told")> {
  vi.doMock("./text", () => ({ text: ru }));
  return import("./told");
}

/** Sentences in which a job says why it failed, and where they stand. */
const FAILURES: Record<string, string> = {
  "the job is switched off": "jobs/engine.c",
  "every attempt was cut short: the process ended during the step": "jobs/engine.c",
  "the clocks of the server and of the database are more than an hour apart": "jobs/engine.c",
  "the provider refuses an account of the project: its calls were not compared": "jobs/reconcile.c",
};

function codeOf(source: string): string {
  return readFileSync(new URL(`../../../src/${source}`, import.meta.url), "utf8");
}

/** What becomes a dead letter says so in one of these sentences, with something in place of what is inserted. */
function reasonsOf(source: string): string[] {
  const code = codeOf(source).replaceAll('" STR_FMT "', "%s");
  return [...code.matchAll(/err_set\(\s*e,\s*ERR_INVALID,\s*"((?:[^"\\]|\\.)*)"/g)].map(([, sentence = ""]) => sentence.replaceAll('\\"', '"').replaceAll("%s", "held"));
}

/** What stands behind the peer's name where something could not be fetched from it. */
function failuresOfFetching(): string[] {
  const [, table = ""] = /failures\[\] = \{(.*?)\n\};/s.exec(codeOf("http/fetch.c")) ?? [];
  return [...table.matchAll(/"([^"]+)"/g)].map(([, sentence = ""]) => sentence);
}

describe("what the provider has told", () => {
  it("is said in the words of the language, and as it came when there are none", async () => {
    const { refusalOf, toldBy, toldStatus } = await inRussian();
    expect(toldStatus("in-progress")).toBe("идёт");
    expect(toldStatus("held")).toBe("«held»");
    expect(toldStatus("constructor")).toBe("«constructor»");
    expect(toldBy({ event_type: "call.ended", event_status: "no-answer" })).toBe("Звонок завершён: нет ответа");
    expect(toldBy({ event_type: "recording.ready", event_status: "completed" })).toBe("Запись готова");
    expect(refusalOf({ refusal: "too_late", standing_status: "busy" })).toBe("Ничего не изменило: пришло слишком поздно, после «занято»");
    expect(refusalOf({ refusal: null, standing_status: null })).toBe(ru.call.notApplied);
  });

  it("is marked when it was heard late, in words of how late", async () => {
    const at = "2026-02-01T06:11:00Z";
    const webhook = { source: "webhook", event_time: at } as const;
    const { latenessOf } = await inRussian();
    expect(latenessOf({ ...webhook, created_at: "2026-02-08T06:11:00Z" })).toBe("пришло с опозданием на 7 дн");
    vi.doMock("./text", () => ({ text: en }));
    vi.resetModules();
    const english = await import("./told");
    const heardAt = (created_at: string): string | null => english.latenessOf({ ...webhook, created_at });
    expect(["2026-02-08T06:11:00Z", "2026-02-01T06:16:01Z"].map(heardAt)).toEqual(["heard 7 d late", "heard 5 min late"]);
    expect(["2026-02-01T06:16:00Z", at, "2026-02-01T06:00:00Z"].map(heardAt)).toEqual([null, null, null]);
    expect(english.latenessOf({ source: "reconcile_cold", event_time: at, created_at: "2026-02-08T06:11:00Z" })).toBeNull();
    expect(english.latenessOf({ source: "webhook", event_time: null, created_at: at })).toBeNull();
  });

  it("that cannot be processed has its reason in both languages", async () => {
    const { reasonWords } = await inRussian();
    const reasons = SOURCES.flatMap(reasonsOf);
    expect(reasons.length).toBeGreaterThanOrEqual(4);
    for (const reason of reasons) expect(reasonWords(reason), reason).toMatch(/[а-я]{4}/);
    expect(reasonWords("the store is away")).toBe("Событие не удалось обработать: «the store is away»");
    vi.doMock("./text", () => ({ text: en }));
    vi.resetModules();
    const english = await import("./told");
    for (const reason of reasons) expect(english.reasonWords(reason)).toBe(reason);
  });

  it("of why a job failed has its words in both languages, and is quoted when there are none", async () => {
    const { failureWords } = await inRussian();
    for (const [sentence, source] of Object.entries(FAILURES)) {
      expect(codeOf(source), sentence).toContain(`"${sentence}"`);
      expect(failureWords(sentence), sentence).toMatch(/^[^«]*[а-я]{4}[^«]*$/);
    }
    expect(failureWords("Twilio answered 503")).toBe("Провайдер ответил: 503");
    expect(failureWords("api.twilio.com did not answer in time")).toBe("Нет связи с api.twilio.com: «api.twilio.com did not answer in time»");
    const kept = failuresOfFetching();
    expect(kept.length).toBeGreaterThanOrEqual(12);
    for (const sentence of kept) expect(failureWords(`a provider ${sentence}`), sentence).not.toMatch(/^Не удалось выполнить/);
    expect(failureWords("the moon is full")).toBe("Не удалось выполнить: «the moon is full»");
    vi.doMock("./text", () => ({ text: en }));
    vi.resetModules();
    const english = await import("./told");
    for (const sentence of ["the moon is full", "Twilio answered 503", ...kept.map((it) => `a provider ${it}`)]) expect(english.failureWords(sentence)).toBe(sentence);
  });
});
