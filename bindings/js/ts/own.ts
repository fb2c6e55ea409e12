// Reads members that an object does not merely inherit from `Object.prototype`, since prototype
// pollution elsewhere in the process can put anything there.
//
// `members` in `options.ts` reads options. Every other object that may lack a member goes through
// this file: `bare` is for objects that the package creates, `member` for objects that others
// created, and `element` for arrays.

/**
 * A copy without a prototype: for options that are passed to the platform, and for the package's
 * own records with optional members.
 */
export function bare<T extends object>(members: T): T {
  return { __proto__: null, ...members };
}

/**
 * A member of an object that others created, such as a store, a request or a database's row. It is
 * undefined if only `Object.prototype` (or an array's prototype) has it.
 */
export function member<T extends object, K extends keyof T>(
  value: T | null | undefined,
  name: K,
): T[K] | undefined;
export function member(value: unknown, name: PropertyKey): unknown;
export function member(value: unknown, name: PropertyKey): unknown {
  const holds = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!holds || isInherited(value, name)) return undefined;
  return (value as Record<PropertyKey, unknown>)[name];
}

/** Whether `member` would find a member of this name. */
export function has<T extends object, K extends PropertyKey>(
  value: T,
  name: K,
): value is Extract<T, Record<K, unknown>> {
  return name in value && !isInherited(value, name);
}

/**
 * Whether only the root has the member. The root is the object at the end of the prototype chain:
 * `Object.prototype`, of this realm or another. A name that no object of the chain has counts as
 * not inherited, since a proxy can have members without listing them.
 */
function isInherited(value: object, name: PropertyKey): boolean {
  if (Array.isArray(value)) return !Object.hasOwn(value, name);
  for (let holder = value; ; ) {
    const prototype = Object.getPrototypeOf(holder) as object | null;
    const isOwn = Object.hasOwn(holder, name);
    if (prototype === null) return isOwn && holder !== value;
    if (isOwn) return false;
    holder = prototype;
  }
}

/** An element of an array; undefined for a hole or past the end. */
export function element<T>(list: readonly T[], at: number): T | undefined {
  return Object.hasOwn(list, at) ? list[at] : undefined;
}

/** All elements of an array, undefined for each hole. Throws a TypeError if it is not an array. */
export function elements(list: unknown): unknown[] {
  if (!Array.isArray(list)) throw new TypeError("an array was expected");
  return filled(list.length, (at) => element(list as unknown[], at));
}

/**
 * A new array of `length` elements. `push` would assign them one by one, and a setter on
 * `Object.prototype` could intercept each.
 */
export function filled<T>(length: number, make: (at: number) => T): T[] {
  return Array.from(bare({ length }), (_, at) => make(at));
}
