// `postseal/svix`: the shape of `Webhook` of the npm package `svix`, 1.x and 2.x. What is refused
// beyond it, docs/moving.md says.
import { WebhookError } from "../index.js";
import type { BodyInput, Delivery } from "../types.js";
import { SigningWebhook, type WebhookHeaders } from "./webhook.js";

export { WebhookVerificationError } from "./webhook.js";
export type {
  WebhookOptions,
  WebhookRequiredHeaders,
  WebhookUnbrandedRequiredHeaders,
} from "./webhook.js";

export class Webhook extends SigningWebhook {
  /**
   * The payload as JSON, as in svix 1; `undefined` where it is none, which svix 2 takes as well.
   * Throws a WebhookVerificationError where the message is refused.
   */
  verify(payload: BodyInput, headers: WebhookHeaders): unknown {
    return json(this.open(payload, headers));
  }
}

function json(delivery: Delivery): unknown {
  try {
    return delivery.json();
  } catch (error) {
    if (WebhookError.is(error) && error.status === 422) return undefined;
    throw error;
  }
}
