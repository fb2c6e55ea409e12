// `postseal/fastify`: the endpoint as a plugin, which keeps its way of reading bodies to itself.
import type { HandlerOptions, Receiver } from "../index.js";
import { endpointOf } from "./endpoint.js";
import type { FastifyLike, FastifyReplyLike, FastifyRequestLike } from "./fastify_app.js";
import { bare, member } from "../own.js";
import { incomingBody, incomingHeaders, linger } from "./incoming.js";

export type { FastifyLike, FastifyReplyLike, FastifyRequestLike };

const REMEDY =
  "a hook has read it: let it pass by the webhook's route, or keep the bytes in " +
  "`request.raw.rawBody`";
const NO_MEDIA_TYPE = "FST_ERR_CTP_INVALID_MEDIA_TYPE";

/**
 * A plugin for `app.register(plugin, { prefix: "/webhooks/orders" })`: the endpoint is a POST to
 * that prefix, and the rest of the app keeps its parsers. `limit`, like the others, gets the
 * request and the reply. Throws `invalid_config`.
 */
export function fastifyHandler<Q extends FastifyRequestLike, S extends FastifyReplyLike>(
  receiver: Receiver,
  options: HandlerOptions<[request: Q, reply: S], [request: Q, reply: S]>,
): (app: FastifyLike) => Promise<void> {
  const endpoint = endpointOf(receiver, options);
  const handle = async (request: Q, reply: S): Promise<S> => {
    const { raw } = request;
    const { status, headers, body } = await endpoint.plain({
      args: [request, reply],
      limit: [request, reply],
      headers: incomingHeaders(raw),
      remedy: REMEDY,
      body: (collected) => incomingBody(raw, collected),
    });
    if (member(reply, "sent")) return reply;
    linger(raw);
    reply.code(status);
    for (const [name, value] of headers) reply.header(name, value);
    reply.send(body || undefined);
    return reply;
  };
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done: (error: null) => void) => done(null));
    // A signed message may say of itself what it likes. Other errors are those of the app's hooks.
    app.setErrorHandler((error: { code?: unknown }, request: Q, reply: S) => {
      if (member(error, "code") !== NO_MEDIA_TYPE) throw error;
      return handle(request, reply);
    });
    // fastify-raw-body would read the body a second time.
    app.post("/", bare({ config: bare({ rawBody: false }) }), handle);
  };
}
