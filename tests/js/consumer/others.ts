// The other libraries' own types beside ours, for the type checker: their documented usage.
import { CryptoProvider, webhooks } from "postseal/stripe";
import { Webhook } from "postseal/svix";
import type { Delivery } from "postseal";
import Stripe from "stripe";
import type { WebhookRequiredHeaders } from "svix";
import * as v from "valibot";
import * as z from "zod";

declare const delivery: Delivery;
declare const headers: WebhookRequiredHeaders;
declare const body: Uint8Array;

const schemas = {
  zod: z.object({ amount: z.string().transform(Number) }),
  valibot: v.object({ amount: v.pipe(v.string(), v.transform(Number)) }),
};
export const amounts: number[] = [
  delivery.json(schemas.zod).amount,
  delivery.json(schemas.valibot).amount,
];
// @ts-expect-error: the schema makes a number
export const wrong: string = delivery.json(schemas.zod).amount;

export function express(signature: string | string[] | undefined): string | undefined {
  let event: Stripe.Event;
  try {
    event = webhooks.constructEvent(body, signature, "whsec_x");
  } catch (error) {
    return error instanceof Error ? error.message : undefined;
  }
  if (event.type === "payment_intent.succeeded") {
    const intent: Stripe.PaymentIntent = event.data.object;
    return intent.status;
  }
  return event.id;
}

export async function worker(signature: string): Promise<Stripe.Event> {
  Stripe.webhooks.constructEvent(body, signature, "whsec_x", undefined, new CryptoProvider());
  const provider = Stripe.createSubtleCryptoProvider();
  return webhooks.constructEventAsync(body, signature, "whsec_x", undefined, provider);
}

export const verified = new Webhook("whsec_x").verify(body, headers) as { type: string };
