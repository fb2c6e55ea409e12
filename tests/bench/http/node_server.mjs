// One of the endpoints in Node, as its library's documentation has it: node node_server.mjs NAME
//
// Each reads at most 1 MiB, verifies, parses the JSON, and answers 204, or 400 and more. It prints
// its port.
import { createServer } from "node:http";
import { createNodeMiddleware, Webhooks } from "@octokit/webhooks";
import { Receiver } from "postseal";
import { nodeHandler } from "postseal/node";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { SECRET, TEXT_SECRET } from "./messages.mjs";

const BODY_BYTES_MAX = 1 << 20;
let events = 0;

const LISTENERS = {
  "postseal/node": () => postseal({ secrets: SECRET }),
  "postseal/node, stripe": () => postseal({ scheme: "stripe", secrets: TEXT_SECRET }),
  "postseal/node, github": () => postseal({ scheme: "github", secrets: TEXT_SECRET }),
  "http and standardwebhooks": () => {
    const webhook = new Webhook(SECRET);
    return answering(({ headers }, body) => webhook.verify(body, headers));
  },
  "http and stripe": () => {
    const { webhooks } = new Stripe("sk_test_unused");
    return answering(({ headers }, body) =>
      webhooks.constructEvent(body, headers["stripe-signature"], TEXT_SECRET),
    );
  },
  "@octokit/webhooks": () => {
    const webhooks = new Webhooks({ secret: TEXT_SECRET });
    webhooks.on("push", ({ payload }) => use(payload));
    return createNodeMiddleware(webhooks);
  },
};

const server = createServer(LISTENERS[process.argv[2]]());
server.listen(0, "127.0.0.1", () => console.log(server.address().port));

function postseal(options) {
  const onDelivery = (delivery) => use(delivery.json());
  return nodeHandler(new Receiver(options), { onDelivery });
}

/** What people write around a library that only verifies. */
function answering(verify) {
  return async (request, response) => {
    try {
      use(verify(request, await bodyOf(request)));
      response.writeHead(204).end();
    } catch {
      response.writeHead(400).end();
    }
  };
}

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Error("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function use(event) {
  if (event !== null && typeof event === "object") events += 1;
}
