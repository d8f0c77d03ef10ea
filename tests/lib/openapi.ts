// docs/openapi.yaml as a judge: every answer that passes here has the documented status and shape.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { parse } from "yaml";

type Media = { schema?: object };
type Answer = { $ref?: string; content?: Record<string, Media> };
type Operation = { operationId: string; responses: Record<string, Answer> };
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Answer>; schemas: Record<string, object> };
};

const METHODS = ["get", "post", "put", "patch", "delete"];
const text = readFileSync(resolve(import.meta.dirname, "../../docs/openapi.yaml"), "utf8");
export const document = parse(text) as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true });
(formats as unknown as (a: Ajv2020) => void)(ajv);
ajv.addSchema({ $id: "doc", components: document.components });
const compiled = new Map<string, ValidateFunction>();

function validator(schema: object): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known) return known;
  const made = ajv.compile(JSON.parse(key.replaceAll('"#/', '"doc#/')) as object);
  compiled.set(key, made);
  return made;
}

function check(schema: object, value: unknown, what: string): void {
  const valid = validator(schema);
  assert.ok(valid(value), `${what}: ${ajv.errorsText(valid.errors)}\n${JSON.stringify(value).slice(0, 2000)}`);
}

/** Every operation as "GET /api/calls/:sid". */
export function documentedRoutes(): string[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => METHODS.includes(method))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
  );
}

function operationOf(method: string, pathname: string): [string, Operation] {
  const fits = (pattern: string): boolean =>
    new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname);
  const candidates = Object.keys(document.paths).filter(fits);
  const path = candidates.find((p) => !p.includes("{")) ?? candidates[0];
  const operation = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()];
  assert.ok(path !== undefined && operation, `${method} ${pathname} is not documented`);
  return [path, operation];
}

/** Holds a JSON answer against the operation that it answers. */
export function checkAnswer(method: string, url: string, status: number, body: unknown): void {
  const [path, operation] = operationOf(method, new URL(url).pathname);
  const given = operation.responses[String(status)] ?? operation.responses["default"];
  assert.ok(given, `${method} ${path}: status ${String(status)} is not documented`);
  const answer = given.$ref === undefined ? given : document.components.responses[given.$ref.split("/").at(-1) ?? ""];
  const schema = answer?.content?.["application/json"]?.schema;
  if (schema) check(schema, body, `${method} ${path} ${String(status)}`);
}

/** Holds a value against a named schema. */
export function checkSchema(name: string, value: unknown): void {
  check({ $ref: `#/components/schemas/${name}` }, value, name);
}
