// `postseal/node`: the endpoint for Node's http, Express 4 and 5, Connect, and what is built on
// them.
import type { PlainAnswer } from "../error.js";
import type { HandlerOptions, Receiver } from "../index.js";
import { member } from "../own.js";
import { endpointOf } from "./endpoint.js";
import { incomingBody, incomingHeaders, linger } from "./incoming.js";
import type { NodeRequest, NodeResponse } from "./incoming.js";

export type { NodeRequest, NodeResponse };

const REMEDY =
  "take the bytes as they came. Express, Connect: mount the handler before express.json(), or " +
  "express.raw({ type: () => true }) on its path. Next pages: export const config = " +
  "{ api: { bodyParser: false } }. NestJS: NestFactory.create(App, { rawBody: true })";

/**
 * A listener for `createServer`, and a handler for Express and Connect. It answers every request,
 * never rejects, and never calls `next`. `limit`, like the others, gets the request and the
 * response. An answer that `onDelivery` has begun itself is left as it is. Throws
 * `invalid_config`.
 */
export function nodeHandler<Q extends NodeRequest, S extends NodeResponse>(
  receiver: Receiver,
  options: HandlerOptions<[request: Q, response: S], [request: Q, response: S]>,
): (request: Q, response: S) => Promise<void> {
  const endpoint = endpointOf(receiver, options);
  return async (request, response) => {
    const answer = await endpoint.plain({
      args: [request, response],
      limit: [request, response],
      headers: incomingHeaders(request),
      remedy: REMEDY,
      body: (collected) => incomingBody(request, collected),
    });
    if (member(response, "headersSent") || member(response, "destroyed")) return;
    try {
      linger(request);
      send(response, answer);
    } catch {
      // What a middleware has put on the response throws: nobody is to get the error.
      response.destroy();
    }
  };
}

function send(response: NodeResponse, { status, headers, body }: PlainAnswer): void {
  response.statusCode = status;
  for (const [name, value] of headers) {
    // The one name that may stand more than once.
    if (name === "set-cookie") response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  response.end(body || undefined);
}
