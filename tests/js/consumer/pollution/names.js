// The names to pollute: whatever the installed package could read, taken from its own files, so
// that a new option needs no edit here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Names that no file of the package has: members of descriptors, of dictionaries that the platform
 * reads, of answers of drivers and platforms, and array indices.
 */
const FURTHER = [
  ...["get", "set", "value", "writable", "enumerable", "configurable"],
  ...["status", "statusText", "method", "headers", "body", "signal", "redirect", "duplex", "cf"],
  ...["cache", "credentials", "mode", "integrity", "keepalive", "referrer", "webSocket", "window"],
  ...["encodeBody", "capture", "once", "passive", "fatal", "ignoreBOM", "stream", "type"],
  ...["then", "toJSON", "cause", "code", "length", "0", "1", "2", "3", "7", "15"],
  ...["content-length", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature"],
  ...["x-hub-signature-256", "stripe-signature", "retry-after", "transfer-encoding"],
  ...["detached", "buffer", "rawBody", "schema", "preHandler", "bodyLimit", "cookies"],
];

/** `declared` are the members in the package's types, and `all` every word of its programs too. */
export function namesOf(folder) {
  const files = readdirSync(folder);
  const text = (pattern) =>
    files
      .filter((name) => pattern.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
  const types = text(/\.d\.ts$/).replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
  // The module's bytes are a line of some hundred thousand characters.
  const programs = text(/\.js$/).replaceAll(/^.{9999,}$/gm, "");
  const declared = [...found(types, /[a-z_$][\w$]*(?=\??[:(])/gi), ...FURTHER];
  const inPrograms = found(programs, /(?<=[.{,\s])[a-z_$][\w$]*|(?<=")[\w-]{1,40}(?=")/gi);
  return { declared: unique(declared), all: unique([...declared, ...inPrograms]) };
}

function found(text, pattern) {
  return Array.from(text.matchAll(pattern), ([name]) => name);
}

/** Without the members that every object has, and wasm-bindgen's private ones. */
function unique(names) {
  const taken = (name) => name in Object.prototype || name.startsWith("__");
  return [...new Set(names)].filter((name) => !taken(name)).sort();
}
