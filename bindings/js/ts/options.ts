// Options on their way into the module: plain objects. The core decides what they mean.
import type { Plain } from "./core.js";
import { WebhookError } from "./error.js";
import { bare, element, filled, member } from "./own.js";

const KEY_LISTS = ["secrets", "publicKeys", "encryptionKeys"];
const INSTANTS = ["notBefore", "notAfter"];
/** Where these are there, but undefined, a variable is not set: that must not pass for absent. */
const NEVER_UNDEFINED = [...KEY_LISTS, "audience", "encryption", "notAfter", "keys"];

/** Options as plain data: a key list is an array of objects, and an instant a number. */
export function plainOptions(options: unknown, what: string): Plain {
  return plainObject(options, what, (name, value) =>
    KEY_LISTS.includes(name) ? keyList(value) : leaf(value),
  );
}

/** The keys of one call, from its context. */
export function plainKeys(context: Plain): Plain | undefined {
  return "keys" in context ? plainOptions(context["keys"], "`keys`") : undefined;
}

/** Seconds, fractions and all; what is no instant becomes NaN, which the core refuses. */
export function seconds(instant: unknown): number | undefined {
  if (instant === undefined || typeof instant === "number") return instant;
  if (typeof member(instant, "getTime") !== "function") return Number.NaN;
  const milliseconds: unknown = (instant as { getTime(): unknown }).getTime();
  return typeof milliseconds === "number" ? milliseconds / 1000 : Number.NaN;
}

/** A number for the core to judge: what is none becomes NaN, which the core refuses. */
export function numeric(value: unknown): number | undefined {
  return value === undefined || typeof value === "number" ? value : Number.NaN;
}

/** The members of an object that has no others than those named. */
export function members(value: unknown, names: readonly string[], what: string): Plain {
  const plain = plainObject(value, what, (_, given) => given);
  const unknown = Object.keys(plain).find((name) => !names.includes(name));
  if (unknown === undefined) return plain;
  // A name that is no word may be a secret in the wrong place, and is not shown.
  const shown = /^[a-zA-Z]{1,32}$/.test(unknown) ? `member \`${unknown}\`` : "such member";
  throw new WebhookError("invalid_config", `${what}: no ${shown}, only ${names.join(", ")}`);
}

/** The object that it is. */
export function record(value: unknown, what: string): object {
  if (isRecord(value)) return value;
  throw new WebhookError("invalid_config", `${what} must be an object`);
}

/**
 * An object's own members, each read once, in an object without a prototype. An instance of a class
 * or a Map would seem empty, so it is refused.
 */
function plainObject(
  value: unknown,
  what: string,
  convert: (name: string, value: unknown) => unknown,
): Plain {
  const object = record(value, what);
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new WebhookError("invalid_config", `${what} must be a plain object`);
  }
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [name, given] of entries(object, what)) {
    if (given !== undefined || KEY_LISTS.includes(name)) plain[name] = convert(name, given);
    else if (NEVER_UNDEFINED.includes(name)) throw unset(name);
  }
  return plain;
}

function entries(object: object, what: string): [string, unknown][] {
  try {
    return Object.entries(object);
  } catch {
    throw new WebhookError("invalid_config", `${what} cannot be read: one of its getters throws`);
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function keyList(value: unknown): unknown {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return filled(list.length, (at) => {
    // A hole in a list is an entry that is not set.
    const entry = element(list, at);
    if (entry === undefined || entry === null) return null;
    return isRecord(entry) && !ArrayBuffer.isView(entry)
      ? plainKey(entry)
      : bare({ secret: leaf(entry) });
  });
}

function plainKey(key: object): Plain {
  return plainObject(key, "an entry of a list of keys", (name, value) =>
    INSTANTS.includes(name) ? seconds(value) : leaf(value),
  );
}

/** Text or a number; anything else becomes null, which no option takes. */
function leaf(value: unknown): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null;
}

function unset(name: string): WebhookError {
  const message = `\`${name}\` is there, but undefined: is the variable set?`;
  return new WebhookError("invalid_config", message);
}
