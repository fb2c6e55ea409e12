// What users write with each framework's own types, for the type checker.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { ALBHandler, APIGatewayProxyHandler, APIGatewayProxyHandlerV2 } from "aws-lambda";
import type { APIGatewayProxyEventV2, Context as LambdaContext } from "aws-lambda";
import express, { type Request as ExpressRequest, type Response as ExpressResponse } from "express";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { type Context, Hono } from "hono";
import { type Delivery, type HandlerOptions, Receiver, type Store } from "postseal";
import { fastifyHandler } from "postseal/fastify";
import { honoHandler } from "postseal/hono";
import { lambdaHandler } from "postseal/lambda";
import { nodeHandler } from "postseal/node";

interface Env {
  EVENTS: { send(event: unknown): Promise<void> };
  LIMITER: { limit(options: { key: string }): Promise<{ success: boolean }> };
  store: Store;
}
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}
const receiver = new Receiver({ secrets: "x" });
const onDelivery = async (delivery: Delivery) => console.log(delivery.id);

// fetch: alone, with the arguments of Workers, and as a route of Next.
export const alone: (request: Request) => Promise<Response> = receiver.handler({ onDelivery });
export const worker: {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response>;
} = {
  fetch: receiver.handler({
    async onDelivery(delivery, env: Env, context: ExecutionContext) {
      context.waitUntil(env.EVENTS.send(delivery.json()));
    },
    onRefused: ({ code, status }, env) => console.log(code, status, env.store),
    onError: (error: unknown) => console.error(error),
    limit: (request, env) => env.LIMITER.limit({ key: request.url }),
    dedupe: { source: "orders", leaseSeconds: 30, store: (env) => env.store },
  }),
};
export const POST: (request: Request, context: { params: Promise<object> }) => Promise<Response> =
  receiver.handler({ onDelivery });
export const inferred: typeof worker = {
  fetch: receiver.handler({ onDelivery: (delivery, env) => env.EVENTS.send(delivery.id) }),
};
export const shared: HandlerOptions = { onDelivery };
receiver.handler(shared);
// @ts-expect-error: an answer is a Response, or nothing
receiver.handler({ onDelivery: () => "ok" });
// @ts-expect-error: an option that does not exist
receiver.handler({ onDelivery, onAccepted: onDelivery });
// @ts-expect-error: a claim needs a source
receiver.handler({ onDelivery, dedupe: { store: {} as Store } });

createServer(nodeHandler(receiver, { onDelivery, limit: async ({ headers }) => limited(headers) }));
createHttp2Server(nodeHandler(receiver, { onDelivery }));
function limited(headers: object) {
  return { success: headers !== undefined };
}

const app = express();
app.post("/", nodeHandler(receiver, { onDelivery }));
app.post(
  "/own",
  nodeHandler(receiver, {
    onDelivery: (delivery, request: ExpressRequest, response: ExpressResponse) =>
      console.log(delivery.id, request.ip, response.locals),
    limit: async (request) => ({ success: request.ip !== undefined, retryAfterSeconds: 5 }),
  }),
);

const fastify = Fastify();
fastify.register(fastifyHandler(receiver, { onDelivery }), { prefix: "/webhooks" });
fastify.register(
  fastifyHandler(receiver, {
    onDelivery: (delivery, request: FastifyRequest, reply: FastifyReply) =>
      request.log.info({ id: delivery.id, sent: reply.sent }),
    limit: async (request) => ({ success: request.ip !== "" }),
  }),
);

const hono = new Hono<{ Bindings: Env }>();
hono.post("/", honoHandler(receiver, { onDelivery }));
hono.post(
  "/own",
  honoHandler(receiver, {
    onDelivery: async (delivery, c: Context<{ Bindings: Env }>) => c.env.EVENTS.send(delivery.id),
    limit: (c) => c.env.LIMITER.limit({ key: c.req.path }),
    dedupe: { source: "orders", store: (c) => c.env.store },
  }),
);

export const v1: APIGatewayProxyHandler = (event, context) => lambda(event, context);
export const v2: APIGatewayProxyHandlerV2 = (event, context) => lambda(event, context);
export const balancer: ALBHandler = (event, context) => lambda(event, context);
const lambda = lambdaHandler(receiver, { onDelivery });
export const own = lambdaHandler(receiver, {
  onDelivery: (delivery, event: APIGatewayProxyEventV2, context: LambdaContext) =>
    console.log(delivery.id, event.rawPath, context.awsRequestId),
});
export const direct: APIGatewayProxyHandlerV2 = lambdaHandler(receiver, { onDelivery });
export async function called(request: Request): Promise<Response> {
  // Where no function asks for more, nothing more is needed.
  return receiver.handler({ onDelivery })(request);
}
