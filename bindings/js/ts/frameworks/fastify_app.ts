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
/** Fastify's instance, as a plugin gets it. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(type: "*", parse: (...args: never[]) => void): unknown;
  setErrorHandler(handle: (...args: never[]) => unknown): unknown;
  post(path: string, options: object, handle: (...args: never[]) => unknown): unknown;
}
