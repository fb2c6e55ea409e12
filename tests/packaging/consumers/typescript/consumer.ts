// What users write, for the type checker.
import {
  claim,
  generateEncryptionKey,
  generateSecret,
  nextAttempt,
  Receiver,
  Sender,
  WebhookError,
  type Bytes,
  type Claim,
  type Delivery,
  type ErrorCode,
  type SendResult,
  type Store,
} from "postseal";
import { fastifyHandler } from "postseal/fastify";
import { honoHandler } from "postseal/hono";
import { lambdaHandler } from "postseal/lambda";
import { nodeHandler } from "postseal/node";
import { memoryStore } from "postseal/stores";

declare const env: { SECRET: string; OLD_SECRET?: string; KEY: string };

const receiver = new Receiver({
  secrets: [env.SECRET, env.OLD_SECRET],
  encryptionKeys: [env.KEY],
  scheme: "standard",
});
const store: Store = memoryStore({ maxKeys: 10 });

export async function endpoint(request: Request): Promise<Response> {
  try {
    const delivery: Delivery = await receiver.openRequest(request, { now: new Date() });
    const claimed: Claim = await claim(store, delivery, { source: "orders" });
    if (claimed.outcome === "in_progress") return new Response(String(claimed.retryAfterSeconds));
    if (claimed.outcome === "new") await claimed.done();
    const payload: Bytes = delivery.payload;
    return new Response(payload);
  } catch (error) {
    if (!WebhookError.is(error)) throw error;
    const code: ErrorCode = error.code;
    return code === "missing_header"
      ? new Response(null, { status: error.status })
      : error.toResponse();
  }
}

interface Env {
  store: Store;
}
export const worker: { fetch(request: Request, env: Env): Promise<Response> } = {
  fetch: receiver.handler({
    onDelivery: (delivery, env: Env) => console.log(delivery.id, env.store),
    onRefused: ({ code }) => console.warn(code),
    dedupe: { source: "orders", store: (env) => env.store },
    limit: async (request) => ({ success: request.url !== "" }),
  }),
};
export const POST = receiver.handler({ onDelivery: () => new Response("ok") });
// @ts-expect-error: a claim needs a source
receiver.handler({ onDelivery() {}, dedupe: { store } });
export const listener = nodeHandler(receiver, { onDelivery: ({ id }) => console.log(id) });
export const lambda = lambdaHandler(receiver, { onDelivery: ({ id }) => console.log(id) });
export const route = honoHandler(receiver, { onDelivery: ({ id }) => console.log(id) });
export const plugin = fastifyHandler(receiver, { onDelivery: ({ id }) => console.log(id) });

const node: Record<string, string | string[] | undefined> = {};
receiver.open(node, new Uint8Array(1));
receiver.open(new Headers(), new ArrayBuffer(1), {
  keys: { secrets: { id: "a", secret: env.SECRET, notAfter: 5 } },
});
receiver.open([["a", "b"]], "text").json();
receiver.open(new Map([["a", "b"]]), "text").unsigned("x");
// @ts-expect-error: a parsed body
receiver.open(node, { parsed: true });
// @ts-expect-error: an option that does not exist
new Receiver({ secret: env.SECRET });
// @ts-expect-error: an error is made by the package alone
new WebhookError("missing_header", "x");
// @ts-expect-error: either payload or json
new Sender({ secrets: env.SECRET }).seal({ id: "evt_1" });

export async function outgoing(): Promise<SendResult> {
  using sender = new Sender({ secrets: generateSecret(), encryptionKeys: generateEncryptionKey() });
  const { headers, body } = sender.seal({ id: "evt_1", json: { a: 1 } });
  await fetch("https://example.org/", { method: "POST", headers, body });
  const next = nextAttempt({ attempt: 1, status: 500, retryAfter: null });
  if (next.retry) console.log(next.delaySeconds);
  else console.log(next.outcome);
  return sender.send(
    new URL("https://example.org/"),
    { id: "evt_1", payload: "x" },
    { fetch, maxAttempts: 3 },
  );
}
