// What an endpoint and its adapter say to each other. An adapter knows its platform and nothing
// else: it hands over an exchange, and sends the answer.
import type { PlainAnswer } from "./error.js";
import type { Collected } from "./request.js";
import type { HandlerOptions, HeadersInput } from "./types.js";

/**
 * Where an adapter finds a receiver's endpoint, also in a receiver of another copy of this package.
 */
export const ENDPOINT: unique symbol = Symbol.for("postseal.Receiver.endpoint") as never;

/** One request. `A` are the arguments of the user's functions, and `L` those of `limit`. */
export interface Exchange<A extends unknown[], L extends unknown[]> {
  readonly args: A;
  readonly limit: L;
  readonly headers: HeadersInput;
  /** What to do on this platform where something has parsed the body. */
  readonly remedy: string | undefined;
  /**
   * Reads the body into `collected`, or answers with what was there already. What it throws, but a
   * WebhookError, means that the body broke off.
   */
  body(collected: Collected): Promise<unknown> | unknown;
}

/** Neither method rejects. */
export interface Endpoint<A extends unknown[], L extends unknown[]> {
  response(exchange: Exchange<A, L>): Promise<Response>;
  /** For a platform that takes no `Response`: one of the user's is read to its end. */
  plain(exchange: Exchange<A, L>): Promise<PlainAnswer>;
}

/** A receiver, as an adapter sees it. */
export interface HasEndpoint {
  [ENDPOINT]<A extends unknown[], L extends unknown[]>(
    options: HandlerOptions<A, L>,
  ): Endpoint<A, L>;
}
