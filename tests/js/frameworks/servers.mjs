// The endpoint in each framework, as its users write it. Each starts on a free port, and answers
// with `{ url, close }`; `leaked` is called with what reaches the framework's own error handling.
import { createServer } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import connect from "connect";
import express5 from "express";
import express4 from "express-4";
import Fastify from "fastify";
import fastifyRawBody from "fastify-raw-body";
import { Hono } from "hono";
import Koa from "koa";
import { fastifyHandler } from "postseal/fastify";
import { honoHandler } from "postseal/hono";
import { nodeHandler } from "postseal/node";
import { nest, nestController } from "./nest.mjs";

async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Plain http has no error handling but the process's own. */
export function http(receiver, options) {
  return listening(createServer(nodeHandler(receiver, options)));
}

function express(framework, mount) {
  return (receiver, options, leaked) => {
    const app = framework();
    mount(app, nodeHandler(receiver, options), framework);
    app.use((error, _request, response, _next) => {
      leaked(error);
      response.status(500).send(String(error.stack));
    });
    return listening(createServer(app));
  };
}

function plainly(app, handle) {
  app.post("/", handle);
}

/** As most apps have it: a parser for everything else, and the bytes on the webhook's path. */
function beforeTheParser(app, handle, { json }) {
  app.post("/", handle);
  app.use(json());
}

function afterRaw(app, handle, { json, raw }) {
  app.post("/", raw({ type: () => true, limit: "50mb" }), handle);
  app.use(json());
}

function afterTheParser(app, handle, { json, urlencoded }) {
  app.use(json(), urlencoded({ extended: true }));
  app.post("/", handle);
}

function connected(receiver, options, leaked) {
  const app = connect();
  app.use("/", nodeHandler(receiver, options));
  app.use((error, _request, response, _next) => {
    leaked(error);
    response.end(String(error.stack));
  });
  return listening(createServer(app));
}

function fastify({ rawBody = false } = {}) {
  return async (receiver, options, leaked) => {
    const app = Fastify();
    // Fastify takes over the error and the answer.
    app.setErrorHandler((error, _request, reply) => {
      leaked(error);
      reply.code(500).send(error);
    });
    if (rawBody) await app.register(fastifyRawBody, { encoding: false, global: true });
    app.register(fastifyHandler(receiver, options), { prefix: "/" });
    app.post("/json", async (request) => request.body);
    await app.listen({ port: 0, host: "127.0.0.1" });
    const url = `http://127.0.0.1:${app.server.address().port}`;
    return { url, app, server: app.server, close: () => app.close() };
  };
}

function hono(receiver, options, leaked) {
  const app = new Hono();
  app.onError((error, c) => {
    leaked(error);
    return c.text(String(error.stack), 500);
  });
  app.post("/", honoHandler(receiver, options));
  return listening(createAdaptorServer({ fetch: app.fetch }));
}

/** `receiver.handler`, served over HTTP. The request stands for the other adapters' arguments. */
function fetched(receiver, options) {
  const handle = receiver.handler(options);
  return listening(createAdaptorServer({ fetch: (request) => handle(request, request) }));
}

function koa(receiver, options, leaked) {
  const app = new Koa();
  const handle = nodeHandler(receiver, options);
  app.on("error", leaked);
  app.use((context) => {
    context.respond = false;
    return handle(context.req, context.res);
  });
  return listening(createServer(app.callback()));
}

export const SERVERS = {
  http,
  "Express 4": express(express4, plainly),
  "Express 5": express(express5, plainly),
  "Express 4, before express.json()": express(express4, beforeTheParser),
  "Express 5, before express.json()": express(express5, beforeTheParser),
  "Express 4, after express.raw()": express(express4, afterRaw),
  "Express 5, after express.raw()": express(express5, afterRaw),
  Connect: connected,
  Fastify: fastify(),
  "Fastify with fastify-raw-body": fastify({ rawBody: true }),
  Hono: hono,
  fetch: fetched,
  Koa: koa,
  NestJS: nest,
  "NestJS, a controller without parsers": nestController({ bodyParser: false }),
};
/** Where JSON is parsed first, and the bytes are kept. */
export const KEPT = {
  "NestJS, a controller with rawBody": nestController({ rawBody: true }),
};

/** Where JSON is parsed before the endpoint sees it. */
export const PARSED = {
  "Express 4, after express.json()": express(express4, afterTheParser),
  "Express 5, after express.json()": express(express5, afterTheParser),
  "NestJS, a controller": nestController({}),
};
