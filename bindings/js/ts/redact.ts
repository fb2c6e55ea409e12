// What a log may show of an object: Node, Bun and workerd ask for it under this symbol.

/** A method under this name decides what `console.log` shows. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** `Delivery { id: "evt_1" }`, on one line. */
export function shown(name: string, facts: object): string {
  const inside = Object.entries(facts).map(([key, value]) => ` ${key}: ${JSON.stringify(value)}`);
  return `${name} {${inside.join(",")} }`;
}
