// Options on their way into the module: plain objects. The core decides what they mean.
import type { Plain } from "./core.js";
import { WebhookError } from "./error.js";
import type { Instant, KeyOptions } from "./types.js";

const KEY_LISTS = new Set(["secrets", "publicKeys", "encryptionKeys"]);
const INSTANTS = new Set(["notBefore", "notAfter"]);

/**
 * Options as plain data: a key list is an array of objects, and an instant a number.
 * A list of keys that is there, but undefined, is a variable that is not set: it must not pass
 * for absent.
 */
export function plainOptions(options: unknown, what: string): Plain {
  const given = Object.entries(record(options, what));
  const plain = given.map(([name, value]) => [name, KEY_LISTS.has(name) ? keyList(value) : value]);
  return Object.fromEntries(plain.filter(([, value]) => value !== undefined)) as Plain;
}

/** The keys of one call. */
export function plainKeys(keys: KeyOptions | undefined): Plain | undefined {
  return keys === undefined ? undefined : plainOptions(keys, "`keys`");
}

/** Seconds, fractions and all; what is no instant becomes NaN, which the core refuses. */
export function seconds(instant: Instant | undefined): number | undefined {
  if (instant === undefined || typeof instant === "number") return instant;
  const milliseconds = (instant as { getTime?: () => unknown } | null)?.getTime?.();
  return typeof milliseconds === "number" ? milliseconds / 1000 : Number.NaN;
}

/** A number for the core to judge: what is none becomes NaN, which the core refuses. */
export function numeric(value: unknown): number | undefined {
  return value === undefined || typeof value === "number" ? value : Number.NaN;
}

/** The object that it is, with no member but those named. */
export function members(value: unknown, names: readonly string[], what: string): void {
  for (const name of Object.keys(record(value, what))) {
    if (!names.includes(name)) {
      throw new WebhookError("invalid_config", `${what} has no member \`${name}\``);
    }
  }
}

export function record(value: unknown, what: string): object {
  if (isRecord(value)) return value;
  throw new WebhookError("invalid_config", `${what} must be an object`);
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function keyList(value: unknown): unknown {
  return (Array.isArray(value) ? value : [value]).map((entry) => {
    if (entry === undefined || entry === null) return null;
    return isRecord(entry) && !ArrayBuffer.isView(entry) ? plainKey(entry) : { secret: entry };
  });
}

function plainKey(key: object): Plain {
  const members = Object.entries(key).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    members.map(([name, value]) => [name, INSTANTS.has(name) ? seconds(value as Instant) : value]),
  );
}
