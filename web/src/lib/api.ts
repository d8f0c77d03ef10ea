import { projectId } from "./project";
import { oneAtATime } from "./renew";
import { text } from "./text";
import type { ApiErrorBody } from "./types";

/** What the server (or the network) answered instead of what was asked for. */
export class ApiError extends Error {
  /** It came so soon that nobody waits long when the question is asked once more. */
  isSoon = false;

  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    message: string,
    readonly howToFix: readonly string[],
    readonly traceId: string | null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as ApiErrorBody;
    return new ApiError(response.status, error.human_title, error.human_how_to_fix, error.details.trace_id);
  } catch {
    return new ApiError(response.status, text.failed.status(response.status), [], null);
  }
}

/** Each page says for which project it asks, and in which language it is told of failures. */
function asThisPage(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Accept-Language", text.locale);
  const project = projectId();
  if (project !== null) headers.set("X-Project-Id", project);
  return { ...init, headers, credentials: "same-origin", cache: "no-store" };
}

/**
 * An answer, or what it says. Where the network broke off, at its beginning or within it, the server was not reached; of
 * what was to be changed nobody knows whether it was.
 */
async function arrived<T>(answer: Promise<T>, { signal, method }: RequestInit): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const { unreachable, unreachableFix: fix, unsure, unsureFix } = text.failed;
    if (method === undefined) throw new ApiError(0, unreachable, [fix], null);
    throw new ApiError(0, unsure, [fix, unsureFix], null);
  }
}

/** What opens or renews a session changes nothing that somebody would look for. */
const OF_THE_SESSION = "/auth/";

function send(path: string, init: RequestInit): Promise<Response> {
  return arrived(fetch(path, asThisPage(init)), path.startsWith(OF_THE_SESSION) ? {} : init);
}

/** So long an answer is waited for. */
const ANSWER_MS = 12_000;
/** What fails sooner than this has kept nobody waiting. */
const SOON_MS = 1_000;
/** So long one for which the server asks the provider first. */
export const PROVIDER_ANSWER_MS = 90_000;

/** What is read of an answer, unless it does not come in time: who looks at old numbers is to know. */
async function inTime<T>(read: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal, ms = ANSWER_MS): Promise<T> {
  const patience = AbortSignal.timeout(ms);
  const began = performance.now();
  const isOver = new Promise<never>((_resolve, reject) => {
    patience.addEventListener("abort", () => { reject(patience.reason as Error); });
  });
  try {
    return await Promise.race([read(signal === undefined ? patience : AbortSignal.any([signal, patience])), isOver]);
  } catch (cause) {
    if (cause instanceof ApiError) cause.isSoon = performance.now() - began < SOON_MS;
    if (!patience.aborted || signal?.aborted || cause instanceof ApiError) throw cause;
    throw new ApiError(0, text.failed.unanswered, [text.failed.unansweredFix], null);
  }
}

const SIGNED_OUT = 401;
/** Of these a refusal says nothing about the session. */
const ASKED_BY_NOBODY: readonly string[] = ["/auth/login", "/auth/link", "/auth/accept"];

/**
 * Is somebody still signed in? When that cannot be known now, the failure is thrown: nobody is sent away by it. The
 * request goes on when nobody waits for it any more: a token that was used, and its successor not heard, looks stolen.
 */
async function renewSession(): Promise<boolean> {
  const answer = await inTime(() => oneAtATime(() => send("/auth/refresh", { method: "POST" })));
  if (answer.status === 429 || answer.status >= 500) throw await errorOf(answer);
  return answer.ok;
}

/** The answer, if it is a good one, or one that is `also` taken. An access token that has expired is renewed. */
async function ask(path: string, init: RequestInit, also: readonly number[] = []): Promise<Response> {
  let response = await send(path, init);
  const mayRenew = response.status === SIGNED_OUT && !ASKED_BY_NOBODY.includes(path);
  if (mayRenew && (await renewSession())) response = await send(path, init);
  if (!response.ok && !also.includes(response.status)) throw await errorOf(response);
  return response;
}

type Query = Record<string, string | number | undefined>;

/** `path` with the parameters that have a value. */
export function withQuery(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const search = params.toString();
  return search === "" ? path : `${path}?${search}`;
}

/** The JSON body of an answer has the type that the API description promises. */
export function getJson<T>(path: string, query: Query = {}, signal?: AbortSignal, ms?: number): Promise<T> {
  return getJsonOf<T>(withQuery(path, query), [], signal, ms);
}

/** The same, of answers that are good or have one of these statuses. */
export function getJsonOf<T>(path: string, statuses: readonly number[], signal?: AbortSignal, ms?: number): Promise<T> {
  const read = async (until: AbortSignal): Promise<T> => {
    const response = await ask(path, { signal: until }, statuses);
    return (await arrived(response.json(), { signal: until })) as T;
  };
  return inTime(read, signal, ms);
}

/** A body that is no JSON; its type is that of the answer. */
export async function getBlob(path: string): Promise<Blob> {
  return arrived((await ask(path, {})).blob(), {});
}

/** Changes something; what an empty answer gives is undefined. */
export async function sendJson<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await ask(path, init);
  return (response.status === 204 ? undefined : await arrived(response.json(), init)) as T;
}

export function postJson<T>(path: string, body?: unknown): Promise<T> {
  return sendJson<T>("POST", path, body);
}
