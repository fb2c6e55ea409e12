// A message to send, as the id, content type and bytes that the core takes.
import { bodyBytes } from "./body.js";
import { WebhookError } from "./error.js";
import { members } from "./options.js";
import { member } from "./own.js";
import type { Bytes, Message } from "./types.js";

interface PlainMessage {
  readonly id: string;
  readonly contentType: string | undefined;
  readonly payload: Bytes;
}

/** Throws `invalid_id`, `invalid_config` or `body_not_bytes`. */
export function plainMessage(message: Message): PlainMessage {
  const given = members(message, ["id", "contentType", "payload", "json"], "the message");
  const { id, contentType, payload, json } = given;
  if (typeof id !== "string")
    throw new WebhookError("invalid_id", "the message's `id` must be a string");
  if (contentType !== undefined && typeof contentType !== "string") {
    throw new WebhookError("invalid_config", "the message's `contentType` must be a string");
  }
  if ("json" in given) {
    if (payload !== undefined) throw one();
    return { id, contentType: contentType ?? "application/json", payload: jsonBytes(json) };
  }
  if (!("payload" in given)) throw one();
  return { id, contentType, payload: payloadBytes(payload) };
}

function jsonBytes(value: unknown): Bytes {
  let text: string | undefined;
  try {
    text = written(value);
  } catch {
    // A cycle or a BigInt; the engine's own error quotes names from the value.
  }
  if (text === undefined)
    throw new WebhookError("invalid_config", "the message's `json` cannot be written as JSON");
  return bodyBytes(text);
}

/**
 * JSON as `JSON.stringify` writes it, but without what a value merely inherits from
 * `Object.prototype`: a `toJSON`, or an element in place of a hole.
 */
function written(value: unknown): string | undefined {
  const roots = [Object.prototype, Array.prototype];
  // Assigned members are enumerable. A replacer is slow, so it is used only if there are any.
  const polluted = roots.some((root) => Object.hasOwn(root, "toJSON") || Object.keys(root).length);
  return JSON.stringify(value, polluted ? original : undefined) as string | undefined;
}

/** Replaces a value by what its holder, `this`, has: `value` has been through `toJSON` already. */
function original(this: unknown, name: string, value: unknown): unknown {
  const held = member(this, name);
  return typeof member(Object(held), "toJSON") === "function" ? value : held;
}

function payloadBytes(payload: unknown): Bytes {
  if (typeof payload === "string" || typeof payload !== "object" || payload === null)
    return bodyBytes(payload);
  if (ArrayBuffer.isView(payload) || payload instanceof ArrayBuffer) return bodyBytes(payload);
  throw new WebhookError(
    "body_not_bytes",
    "the message's `payload` is an object: give a value to be written as JSON as `json`",
  );
}

function one(): WebhookError {
  return new WebhookError(
    "invalid_config",
    "a message has either `payload` (bytes or text) or `json`",
  );
}
