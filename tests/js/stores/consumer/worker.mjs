// A process that claims, or asks a limiter, as its parent says:
// node worker.mjs <kind> <address or file>
import { claim, Receiver, Sender, WebhookError } from "postseal";
import { redisLimit } from "postseal/stores";
import { manyClaims } from "./many.js";
import { OPEN } from "./open.mjs";
import { SECRET } from "./suite/known.js";

const [kind, where] = process.argv.slice(2);
const receiver = new Receiver({ secrets: SECRET });
const sender = new Sender({ secrets: SECRET });
const { client, store, prepare, close } = await OPEN[kind](where);
await prepare?.();
const held = new Map();

const CALLS = {
  /** Claims one; what it holds is kept for the calls that follow. */
  async claim({ id, leaseSeconds }) {
    const claimed = await claim(store, delivery(id), { source: "orders", leaseSeconds });
    if (claimed.outcome === "new") held.set(id, claimed);
    return { outcome: claimed.outcome, attempt: claimed.attempt };
  },
  done: ({ id }) => held.get(id).done(),
  failed: ({ id }) => held.get(id).failed(),
  renew: ({ id }) => held.get(id).renew(),
  many({ ids, turns }) {
    const deliveries = new Map();
    const claimed = (id, leaseSeconds) => {
      if (!deliveries.has(id)) deliveries.set(id, delivery(id));
      return claim(store, deliveries.get(id), { source: "orders", leaseSeconds });
    };
    return manyClaims({ ids, turns, claim: claimed });
  },
  /** Asks without a pause, for so long: how many were admitted, and how many refused. */
  async hammer({ key, requests, perSeconds, milliseconds }) {
    const limiter = redisLimit(client, { requests, perSeconds });
    const deadline = performance.now() + milliseconds;
    let [admitted, refused] = [0, 0];
    while (performance.now() < deadline) {
      const { success } = await limiter({ key });
      if (success) admitted += 1;
      else refused += 1;
    }
    return { admitted, refused };
  },
  end: () => close(),
};

process.on("message", async ({ call, ...input }) => {
  try {
    process.send({ answer: (await CALLS[call](input)) ?? null });
  } catch (error) {
    const status = WebhookError.is(error) ? error.toResponse().status : undefined;
    process.send({ code: error.code, status, text: String(error?.stack), cause: `${error.cause}` });
  }
  if (call === "end") process.disconnect();
});
process.send({ answer: "ready" });

function delivery(id) {
  const { headers, body } = sender.seal({ id, payload: `{"id":"${id}"}` });
  return receiver.open(headers, body);
}
