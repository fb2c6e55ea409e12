// Where each adapter gets the logic that it carries: from the receiver it is given, whichever copy
// of the package made that.
import { WebhookError } from "../error.js";
import { type Endpoint, ENDPOINT, type HasEndpoint } from "../exchange.js";
import type { HandlerOptions, Receiver } from "../index.js";
import { member } from "../own.js";

/** Throws `invalid_config`. */
export function endpointOf<A extends unknown[], L extends unknown[]>(
  receiver: Receiver,
  options: HandlerOptions<A, L>,
): Endpoint<A, L> {
  const given = receiver as HasEndpoint;
  if (typeof member(given, ENDPOINT) === "function") return given[ENDPOINT](options);
  throw new WebhookError("invalid_config", "the first argument must be a Receiver of postseal");
}
