// `postseal/octokit`: the shape of the npm package `@octokit/webhooks-methods`, 6.x. What is
// refused beyond it, docs/moving.md says.
import { elements } from "../own.js";
import type { BodyInput } from "../types.js";
import { ANY_TIME, hmac, invalid, isRefusal, open } from "./kept.js";

/** The signature header's value, `sha256=…`. Rejects with `invalid_config` for what is missing. */
export async function sign(secret: string, payload: string | Uint8Array): Promise<string> {
  if (!secret || !payload) throw invalid("sign takes a secret and a payload");
  return `sha256=${hmac(secret, payload)}`;
}

/**
 * Whether the secret made the signature. Rejects with `invalid_config` for what is missing,
 * `invalid_secret`, and `body_not_bytes` for a payload that something has parsed.
 */
export async function verify(
  secret: string,
  eventPayload: BodyInput,
  signature: string,
): Promise<boolean> {
  if (!secret || !eventPayload || !signature || typeof signature !== "string") {
    throw invalid("verify takes a secret, a payload and a signature");
  }
  const headers = { "x-hub-signature-256": signature };
  try {
    open("github", { text: secret }, headers, eventPayload, { now: ANY_TIME });
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** The same with further secrets, one after another. */
export async function verifyWithFallback(
  secret: string,
  payload: BodyInput,
  signature: string,
  additionalSecrets: undefined | string[],
): Promise<boolean> {
  const further = additionalSecrets ?? [];
  if (typeof further[Symbol.iterator] !== "function") throw invalid("further secrets are a list");
  const listed = Array.isArray(further) ? elements(further) : further;
  for (const candidate of [secret, ...listed]) {
    if (await verify(candidate as string, payload, signature)) return true;
  }
  return false;
}
