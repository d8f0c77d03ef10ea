// People of the tests: organisations, those who work there, and how they come in.
import assert from "node:assert/strict";
import { ask } from "./api.ts";
import type { Server } from "./server.ts";
import { tool } from "./settled.ts";

export const ROLES = ["owner", "admin", "supervisor", "operator", "developer", "viewer"] as const;
export type Role = (typeof ROLES)[number];

export type Tokens = { access_token: string; refresh_token: string | null };
export type Person = { id: string; email: string; password: string; token: string; refresh: string };
export type Member = {
  user: { id: string; email: string; name: string; status: string; roles: { id: string; role: Role; project_id: string | null }[] };
  link_token?: string;
};
export type Me = {
  org: { id: string } | null;
  project: { id: string; name: string } | null;
  actor: { kind: string; id: string };
  rights: string[];
};
export type AuditEntry = {
  seq: string;
  action: string;
  actor: { kind: string; name: string };
  entity: { type: string; id: string };
  details: Record<string, unknown>;
  project_id: string | null;
};

/** A password that fits its person and nobody else. */
export const passwordOf = (email: string): string => `the password of ${email}`;

/** Asks as somebody, and must be answered with one of 2xx. */
export async function must<T>(server: Server, token: string, method: string, path: string, body?: unknown, project?: string): Promise<T> {
  const headers: Record<string, string> = project === undefined ? {} : { "X-Project-Id": project };
  const answer = await ask<T>(server, path, { method, key: token, headers, ...(body !== undefined && { body }) });
  assert.ok(answer.status < 300, `${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function personOf(server: Server, email: string, password: string, tokens: Tokens): Promise<Person> {
  const { actor } = await must<Me>(server, tokens.access_token, "GET", "/api/me");
  return { id: actor.id, email, password, token: tokens.access_token, refresh: tokens.refresh_token ?? "" };
}

export async function signIn(server: Server, email: string, password = passwordOf(email)): Promise<Person> {
  const { status, body } = await ask<Tokens>(server, "/auth/login", { method: "POST", key: null, body: { email, password } });
  assert.equal(status, 200, JSON.stringify(body));
  return personOf(server, email, password, body);
}

/** Takes up an invitation, or a link to set another password. */
export async function accept(server: Server, link: string, email: string, password = passwordOf(email)): Promise<Person> {
  const token = link.split("#").at(-1) ?? "";
  const { status, body } = await ask<Tokens>(server, "/auth/accept", { method: "POST", key: null, body: { token, password } });
  assert.equal(status, 200, JSON.stringify(body));
  return personOf(server, email, password, body);
}

/** Invites somebody with a role: for the whole organisation, or for one project. */
export function invite(server: Server, by: Person, email: string, role: Role, project?: string): Promise<Member> {
  return must<Member>(server, by.token, "POST", "/api/users", { email, role, ...(project !== undefined && { project_id: project }) });
}

/** The same, and they have come in. */
export async function employ(server: Server, by: Person, email: string, role: Role, project?: string): Promise<Person> {
  const { link_token } = await invite(server, by, email, role, project);
  return accept(server, link_token ?? "", email);
}

/** An organisation with its owner, by the tool of who runs the installation. */
export async function found(server: Server, name: string, email: string): Promise<Person> {
  const { code, output } = await tool(server, "org", "create", name, email);
  assert.equal(code, 0, output);
  return accept(server, output.trim(), email);
}

/** Of the whole installation's first organisation. */
export const OWNER = { BOOTSTRAP_ADMIN_EMAIL: "owner@first.example", BOOTSTRAP_ADMIN_PASSWORD: passwordOf("owner@first.example") };

export async function auditOf(server: Server, token: string, query = "limit=100"): Promise<AuditEntry[]> {
  return (await must<{ entries: AuditEntry[] }>(server, token, "GET", `/api/audit?${query}`)).entries;
}
