// `postseal/hono`: the endpoint as a handler of Hono, on any runtime.
import type { HandlerOptions, Receiver } from "../index.js";
import { endpointOf } from "./endpoint.js";

/** Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
}

/**
 * A handler for `app.post(path, handler)`. `limit`, like the others, gets the context: `c.env` and
 * `c.executionCtx` are in it. Throws `invalid_config`.
 */
export function honoHandler<C extends HonoContext>(
  receiver: Receiver,
  options: HandlerOptions<[context: C], [context: C]>,
): (context: C) => Promise<Response> {
  const endpoint = endpointOf(receiver, options);
  return (context) =>
    endpoint.response({
      args: [context],
      limit: [context],
      remedy: undefined,
      body: (collected) => collected.read(context.req.raw),
      get headers() {
        return context.req.raw.headers;
      },
    });
}
