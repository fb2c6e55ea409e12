// A Worker that takes encrypted webhooks: limited by the platform, accepted once in a Durable
// Object, handed to a queue, with an alert where refusals become many.
import { DurableObject, env } from "cloudflare:workers";
import { Receiver, Sender } from "postseal";
import { durableObjectStore } from "postseal/stores";

export { PostsealClaims } from "postseal/stores";

const ALERT_REFUSALS = 10;
const ALERT_MS = 60_000;

// Rotation: the new secret is the first, and the old one stays until no delivery needs it.
const receiver = new Receiver({
  secrets: [env.WEBHOOK_SECRET, env.WEBHOOK_OLD_SECRET],
  encryptionKeys: [env.WEBHOOK_KEY],
});

export default {
  fetch: receiver.handler({
    limit: (request, { RATE_LIMITER }) =>
      RATE_LIMITER.limit({ key: request.headers.get("cf-connecting-ip") ?? "" }),
    dedupe: { source: "orders", store: ({ CLAIMS }) => durableObjectStore(CLAIMS) },
    /** What is in the queue is taken: an error here lets the sender try again. */
    async onDelivery(delivery, { EVENTS }) {
      await EVENTS.send({ key: delivery.replayKey, event: delivery.json() });
      console.log("accepted", delivery.replayKey, delivery.matchedSecretIds.join());
    },
    onRefused({ code }, { REFUSALS }, context) {
      console.warn("refused", code);
      if (code !== "rate_limited") context.waitUntil(REFUSALS.getByName("all").count(code));
    },
    onError: (error) => console.error("failed:", error?.code ?? error?.name),
  }),

  /** Your work. A queue delivers at least once, so let its effect be harmless a second time. */
  async queue(batch) {
    for (const { body } of batch.messages) {
      console.log("working on", body.event.type);
      console.log("done", body.key);
    }
  },
};

/** Counts refusals over all of the Worker's isolates: one alert a minute, where they are many. */
export class Refusals extends DurableObject {
  #times = [];
  #alertedAt = 0;

  async count(code) {
    const now = Date.now();
    const isRecent = (at) => at > now - ALERT_MS;
    this.#times = [...this.#times, now].slice(-ALERT_REFUSALS).filter(isRecent);
    if (this.#times.length < ALERT_REFUSALS || isRecent(this.#alertedAt)) return;
    this.#alertedAt = now;
    const { ALERT_URL, ALERT_SECRET } = this.env;
    const json = { type: "webhooks.refused", code, atLeast: ALERT_REFUSALS, perMs: ALERT_MS };
    await new Sender({ secrets: ALERT_SECRET }).send(ALERT_URL, { id: `alert_${now}`, json });
  }
}
