// A process that claims, as its parent says: node claimant.mjs <kind> <address or file>
import { claim, Receiver, Sender, WebhookError } from "postseal";
import { OPEN } from "./open.mjs";
import { SECRET } from "./suite/known.js";

/** Claims that one process has on the way at once. */
const AT_ONCE = 16;

const [kind, where] = process.argv.slice(2);
const receiver = new Receiver({ secrets: SECRET });
const sender = new Sender({ secrets: SECRET });
const { store, prepare, close } = await OPEN[kind](where);
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
  /** Claims each id so often, in an order of its own, and finishes every other that is new. */
  async many({ ids, turns }) {
    const deliveries = Array.from({ length: ids }, (_, index) => delivery(`evt_${index}`));
    const order = shuffled(Array.from({ length: ids * turns }, (_, index) => index % ids));
    const outcomes = {};
    const work = async () => {
      for (let index = order.pop(); index !== undefined; index = order.pop()) {
        const claimed = await claim(store, deliveries[index], { source: "orders" });
        outcomes[claimed.outcome] = (outcomes[claimed.outcome] ?? 0) + 1;
        if (claimed.outcome === "new" && index % 2 === 0) await claimed.done();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return outcomes;
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

function shuffled(list) {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [list[at], list[other]] = [list[other], list[at]];
  }
  return list;
}
