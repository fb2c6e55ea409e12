// What the tests of the drop-in shapes share: secrets, and requests as the other libraries sign
// them.
import Stripe from "stripe";
import { Webhook } from "standardwebhooks";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
export const TEXT_SECRET = "whsec_a_secret_of_text";
export const PAYLOAD = '{"id":"evt_1","name":"Zoë 🦭"}';

/** The headers that Standard Webhooks' library signs. */
export function webhookHeaders(changes = {}) {
  const { secret = SECRET, options, id = "evt_1", seconds = now(), payload = PAYLOAD } = changes;
  const signer = new Webhook(secret, options);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": signer.sign(id, new Date(seconds * 1000), payload),
  };
}

/** The same under Svix's names. */
export function svix(headers) {
  const entries = Object.entries(headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name.replace("webhook", "svix"), value]),
  );
}

/** The header that Stripe's library signs. */
export function stripeHeader(changes = {}) {
  return Stripe.webhooks.generateTestHeaderString({
    payload: PAYLOAD,
    secret: TEXT_SECRET,
    timestamp: now(),
    ...changes,
  });
}

export function now() {
  return Math.floor(Date.now() / 1000);
}
