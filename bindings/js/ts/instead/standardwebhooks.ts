// `postseal/standardwebhooks`: the shape of the npm package `standardwebhooks`, 1.x. What is
// refused beyond it, docs/moving.md says.
import type { BodyInput } from "../types.js";
import { member } from "../own.js";
import { SigningWebhook, type WebhookHeaders } from "./webhook.js";

export { WebhookVerificationError } from "./webhook.js";
export type { WebhookOptions, WebhookUnbrandedRequiredHeaders } from "./webhook.js";

export interface VerifyOptions {
  /** False: the payload is not parsed, and nothing is returned. Default: true. */
  jsonParse?: boolean;
}

export class Webhook extends SigningWebhook {
  /**
   * The payload as JSON, or `undefined` where it is empty. Throws a WebhookVerificationError where
   * the message is refused, and `payload_not_json`.
   */
  verify(payload: BodyInput, headers: WebhookHeaders, options?: VerifyOptions): unknown {
    const delivery = this.open(payload, headers);
    const parsed = (member(options, "jsonParse") ?? true) && delivery.payload.byteLength > 0;
    return parsed ? delivery.json() : undefined;
  }
}
