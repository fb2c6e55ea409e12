// What the plugin uses of Fastify: its classes fit, and the package does not depend on them.
import type { NodeRequest, NodeResponse } from "./incoming.js";

/** Fastify's request, and what fastify-raw-body puts on it. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
  readonly rawBody?: unknown;
}
/** Fastify's reply. */
export interface FastifyReplyLike {
  readonly raw: Pick<NodeResponse, "once">;
  readonly sent: boolean;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body?: unknown): unknown;
}
/** Fastify's instance, as a plugin gets it. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(type: "*", parse: (...args: never[]) => void): unknown;
  setErrorHandler(handle: (...args: never[]) => unknown): unknown;
  post(path: string, handle: (...args: never[]) => unknown): unknown;
}
