// Headers as each platform has them, read for all values of the names that are asked for.
import { WebhookError } from "./error.js";
import { element, elements, member } from "./own.js";

/** Takes each value of a name; the name is in lower case. */
type Take = (name: string, value: string) => void;
type Pair = readonly [name: string, value: unknown];
type Members = Readonly<Record<string, unknown>>;

/** Headers that can be read more than once. */
export class HeaderSource {
  readonly #read: (names: ReadonlySet<string>, take: Take) => void;

  constructor(headers: unknown) {
    try {
      this.#read = reader(headers);
    } catch (thrown) {
      throw WebhookError.is(thrown) ? thrown : unreadable();
    }
  }

  /**
   * `name NUL value NUL name NUL value …`. No HTTP value holds a NUL: where a caller's does, it is
   * made unusable.
   */
  fields(names: ReadonlySet<string>): string {
    let fields = "";
    this.#readAll(names, (name, value) => {
      const text = value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
      fields += `${fields === "" ? "" : "\0"}${name}\0${text}`;
    });
    return fields;
  }

  /** All values of one header, joined as fetch joins them. */
  value(name: string): string | null {
    let joined = null as string | null;
    this.#readAll(new Set([lowerCase(name)]), (_, value) => {
      joined = joined === null ? value : `${joined}, ${value}`;
    });
    return joined;
  }

  /** What a getter or a Headers-like throws is its caller's mistake, not a trap. */
  #readAll(names: ReadonlySet<string>, take: Take): void {
    try {
      this.#read(names, take);
    } catch (thrown) {
      throw WebhookError.is(thrown) ? thrown : unreadable();
    }
  }
}

function reader(headers: unknown): (names: ReadonlySet<string>, take: Take) => void {
  if (typeof headers !== "object" || headers === null) throw unreadable();
  if (Array.isArray(headers)) return pairsReader(elements(headers));
  const inner = member(headers, "headers");
  if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
    throw new WebhookError("invalid_config", "pass `request.headers`, not the request");
  }
  if (typeof member(headers, "get") === "function" && !isMap(headers)) {
    const lookup = headers as { get(name: string): unknown };
    return (names, take) => names.forEach((name) => takeAll(name, lookup.get(name), take));
  }
  if (member(headers, Symbol.iterator) !== undefined) {
    return pairsReader(Array.from(headers as Iterable<unknown>));
  }
  return (names, take) => readMembers(headers as Members, names, take);
}

function readMembers(members: Members, names: ReadonlySet<string>, take: Take): void {
  for (const name of Object.keys(members)) {
    const wanted = nameAmong(names, name);
    if (wanted !== undefined) takeAll(wanted, members[name], take);
  }
}

function pairsReader(items: unknown[]): (names: ReadonlySet<string>, take: Take) => void {
  const pairs = items.map(pair);
  return (names, take) => {
    for (const [name, value] of pairs) {
      const wanted = nameAmong(names, name);
      if (wanted !== undefined) takeAll(wanted, value, take);
    }
  };
}

/**
 * Names are compared without case, so `Webhook-Id` beside `webhook-id` is seen as the two values it
 * is.
 */
function nameAmong(names: ReadonlySet<string>, name: string): string | undefined {
  if (names.has(name)) return name;
  const lower = name.toLowerCase();
  return names.has(lower) && isAscii(name) ? lower : undefined;
}

/** Of ASCII alone: the Kelvin sign's lower case is a k. */
function lowerCase(name: string): string {
  return isAscii(name) ? name.toLowerCase() : name;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7F]/.test(text);
}

function takeAll(name: string, value: unknown, take: Take): void {
  if (typeof value === "string") return take(name, value);
  if (value === undefined || value === null) return;
  if (!Array.isArray(value)) throw unreadable();
  for (const item of elements(value)) {
    if (typeof item !== "string") throw unreadable();
    take(name, item);
  }
}

function pair(item: unknown): Pair {
  if (!Array.isArray(item) || item.length !== 2) throw unreadable();
  const name: unknown = element(item, 0);
  if (typeof name !== "string") throw unreadable();
  return [name, element(item, 1)];
}

/** A Map's `get` minds case, so a Map is read as the pairs that it is. */
function isMap(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Map]";
}

function unreadable(): WebhookError {
  return new WebhookError(
    "invalid_config",
    "the headers must be fetch Headers, a header object such as Node's `request.headers`, " +
      "or pairs of strings",
  );
}
