// The demo's part in JavaScript, the same text in every runtime: seals a message, or opens each of
// a list.
import { Receiver, Sender, WebhookError, claim } from "postseal";
import { memoryStore } from "postseal/stores";

/** Answers `{ seal: {…} }` with a sealed message, `{ open: […] }` with an answer for each case. */
export async function answer(question) {
  return question.seal ? seal(question.seal) : Promise.all(question.open.map(open));
}

function seal({ options, message, now }) {
  const sender = new Sender(options);
  const { headers, body } = sender.seal(message, { now });
  return { headers, body_base64: btoa(String.fromCharCode(...body)) };
}

async function open({ options, headers, body_base64, repeat }) {
  const body = Uint8Array.from(atob(body_base64), (char) => char.charCodeAt(0));
  try {
    const delivery = new Receiver(options).open(headers, body);
    if (delivery.json().type !== "invoice.paid") return { outcome: "wrong payload" };
    if (repeat) return { outcome: await claimTwice(delivery) };
    return { outcome: "ok", matched: delivery.matchedSecretIds };
  } catch (error) {
    if (!WebhookError.is(error)) throw error;
    return { outcome: error.code };
  }
}

/** The first claim does the work; what the second one is told is the answer. */
async function claimTwice(delivery) {
  const store = memoryStore();
  const first = await claim(store, delivery, { source: "demo" });
  if (first.outcome !== "new") return `first claim: ${first.outcome}`;
  await first.done();
  return (await claim(store, delivery, { source: "demo" })).outcome;
}
