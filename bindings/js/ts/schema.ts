// A payload against the application's own schema, in the form of Standard Schema v1.
import { WebhookError } from "./error.js";
import { has, member } from "./own.js";

type Validate = (value: unknown) => unknown;

/** The schema's check of a value. Throws `invalid_config` for what is no schema. */
export function validation(schema: unknown): (value: unknown) => unknown {
  const validate = validateOf(schema);
  return (value) => checked(ran(validate, value));
}

function validateOf(schema: unknown): Validate {
  const callable = typeof schema === "function";
  if (!callable && (typeof schema !== "object" || schema === null)) throw noSchema();
  const standard = readable(schema, "~standard");
  if (typeof standard !== "object" || standard === null) throw noSchema();
  const validate = readable(standard, "validate");
  if (readable(standard, "version") !== 1 || typeof validate !== "function") throw noSchema();
  return (value) => (validate as Validate).call(standard, value);
}

/** What a schema throws may quote the payload, so it must not be the cause. */
function ran(validate: Validate, value: unknown): object {
  let result: unknown;
  try {
    result = validate(value);
  } catch {
    throw invalid("the schema threw instead of giving a result");
  }
  if (typeof result !== "object" || result === null) throw noResult();
  if (typeof readable(result, "then") !== "function") return result;
  // Else a rejection that nobody handles would show the payload.
  Promise.resolve(result).catch(() => {});
  throw invalid("the schema is asynchronous: give one without asynchronous checks");
}

/** The value, as the schema has made it. */
function checked(result: object): unknown {
  const issues = readable(result, "issues");
  if (issues === undefined) {
    if (!has(result, "value")) throw noResult();
    return readable(result, "value");
  }
  // Messages quote values, and paths hold keys of the payload: of the issues only the number is
  // told.
  const count = Array.isArray(issues) ? ` (issues: ${issues.length})` : "";
  throw new WebhookError("payload_invalid", `the payload does not fit the schema${count}`);
}

function readable(object: object, name: string): unknown {
  try {
    return member(object, name);
  } catch {
    throw noSchema();
  }
}

function noSchema(): WebhookError {
  return invalid("a schema must follow Standard Schema v1, as those of zod and valibot do");
}

function noResult(): WebhookError {
  return invalid("the schema gave no result in the form of Standard Schema v1");
}

function invalid(message: string): WebhookError {
  return new WebhookError("invalid_config", message);
}
