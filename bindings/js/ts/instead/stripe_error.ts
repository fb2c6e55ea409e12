// The error that users of stripe's library look for.
import { WebhookError } from "../index.js";
import type { ErrorCode } from "../index.js";
import { bare, member } from "../own.js";

/**
 * The message is refused; `code` says why. A WebhookError too. The header and the payload, which
 * stripe's error carries, are left out.
 */
export class StripeSignatureVerificationError extends WebhookError {
  readonly type: "StripeSignatureVerificationError";

  /** The arguments are stripe's; of the third, the message is used. */
  constructor(
    _header: unknown,
    _payload: unknown,
    raw: { readonly message?: string; readonly code?: ErrorCode } = {},
  ) {
    super(member(raw, "code") ?? "signature_mismatch", member(raw, "message") ?? "");
    this.type = "StripeSignatureVerificationError";
  }
}

const NAME = bare({ value: "StripeSignatureVerificationError" });
Object.defineProperty(StripeSignatureVerificationError.prototype, "name", NAME);
