// What users write with the entry points beside the root, for the type checker.
import { Receiver, WebhookError, type Delivery, type ErrorCode, type Sealed } from "postseal";
import { sign, verify, verifyWithFallback } from "postseal/octokit";
import { Webhook, WebhookVerificationError } from "postseal/standardwebhooks";
import * as stripe from "postseal/stripe";
import client, {
  CryptoProvider,
  StripeSignatureVerificationError,
  webhooks,
} from "postseal/stripe";
import { Webhook as Svix, type WebhookRequiredHeaders } from "postseal/svix";
import { testDelivery, testRequest, type TestDelivery } from "postseal/testing";

declare const delivery: Delivery;
declare const node: { headers: Record<string, string | string[] | undefined>; body: Uint8Array };

// Of the shape that every library of Standard Schema has.
interface Schema<Input, Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => { value: Output; issues?: undefined } | { issues: readonly { message: string }[] };
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
declare const schema: Schema<{ amount: string }, { amount: number }>;
export const amount: number = delivery.json(schema).amount;
export const parsed: unknown = delivery.json();
// @ts-expect-error: the schema makes a number
export const wrong: string = delivery.json(schema).amount;
// @ts-expect-error: no schema
delivery.json({ amount: "number" });
// @ts-expect-error: without a schema nothing is known of it
delivery.json().amount;

const options: TestDelivery = { secret: "whsec_x", message: { id: "evt_1", json: {} } };
const sealed: Sealed = testDelivery({ ...options, scheme: "github", tamper: "body" });
export const request: Request = testRequest("https://example.org/", { ...options, now: 1e9 });
new Receiver({ secrets: "whsec_x" }).open(sealed.headers, sealed.body);
// @ts-expect-error: no such tampering
testDelivery({ ...options, tamper: "nonce" });

export function standard(body: string): unknown {
  const webhook = new Webhook("whsec_x");
  new Webhook(new Uint8Array(32), { format: "raw" });
  const signature: string = webhook.sign("evt_1", new Date(), body);
  const required: WebhookRequiredHeaders = {
    "svix-id": "evt_1",
    "svix-timestamp": "1",
    "svix-signature": signature,
  };
  try {
    webhook.verify(body, new Headers(), { jsonParse: false });
    new Svix("whsec_x").verify(node.body, node.headers);
    return new Svix("whsec_x").verify(body, required) as { type: string };
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    const code: ErrorCode = error.code;
    const general: WebhookError = error;
    return [code, general.name, error.toResponse()];
  }
}

export async function ofStripe(body: string, header: string | null): Promise<string> {
  const event = webhooks.constructEvent(body, header, "whsec_x", 300);
  if (event.type === "charge.succeeded") return event.data.object.id as string;
  const later = await client.webhooks.constructEventAsync(
    node.body,
    node.headers["stripe-signature"],
    "whsec_x",
    undefined,
    client.createSubtleCryptoProvider(),
  );
  const secret = { payload: body, secret: "whsec_x" };
  const made: string = stripe.generateTestHeaderString({ ...secret, timestamp: 1 });
  const provider = new CryptoProvider();
  const mac: string = provider.computeHMACSignature("a", "b");
  const error: unknown = later;
  if (error instanceof stripe.errors.StripeSignatureVerificationError) return error.type;
  if (error instanceof StripeSignatureVerificationError) return error.code;
  return made + mac;
}

export async function ofOctokit(body: string): Promise<boolean> {
  const signature: string = await sign("secret", body);
  if (await verify("secret", body, signature)) return true;
  return verifyWithFallback("secret", body, signature, ["old"]);
}
