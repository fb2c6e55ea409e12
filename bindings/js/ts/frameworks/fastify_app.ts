// What the plugin uses of Fastify: its classes fit, and the package does not depend on them.
import type { NodeRequest } from "./incoming.js";

/** Fastify's request. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
}
/** Fastify's reply. */
export interface FastifyReplyLike {
  readonly sent: boolean;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body?: unknown): unknown;
}
// Fastify's own callbacks are generic: with `unknown`, its types would not fit.
type Callback = (...args: any[]) => any;

/** Fastify's instance, as a plugin gets it. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(type: "*", parse: Callback): unknown;
  setErrorHandler(handle: Callback): unknown;
  post(path: string, options: object, handle: Callback): unknown;
}
