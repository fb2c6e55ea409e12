// The endpoint in NestJS, without the syntax of decorators: what TypeScript makes of them, called
// by hand.
import "reflect-metadata";
import { Catch, Controller, Module, Post, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { nodeHandler } from "postseal/node";

/** As middleware, before Nest's own parsers. */
export async function nest(receiver, options, leaked) {
  class App {}
  Module({})(App);
  const app = await NestFactory.create(App, { logger: false });
  app.use("/", nodeHandler(receiver, options));
  return started(app, leaked);
}

/** In a controller, after Nest's parsers have kept the bytes, or have not. */
export function nestController(settings) {
  return async (receiver, options, leaked) => {
    const handle = nodeHandler(receiver, options);
    class WebhookController {
      receive(request, response) {
        return handle(request, response);
      }
    }
    const method = Object.getOwnPropertyDescriptor(WebhookController.prototype, "receive");
    Post()(WebhookController.prototype, "receive", method);
    Req()(WebhookController.prototype, "receive", 0);
    Res()(WebhookController.prototype, "receive", 1);
    Controller("/")(WebhookController);
    class App {}
    Module({ controllers: [WebhookController] })(App);
    return started(await NestFactory.create(App, { logger: false, ...settings }), leaked);
  };
}

async function started(app, leaked) {
  class Leak {
    catch(error, host) {
      leaked(error);
      host.switchToHttp().getResponse().status(500).send(String(error.stack));
    }
  }
  Catch()(Leak);
  app.useGlobalFilters(new Leak());
  await app.listen(0, "127.0.0.1");
  const server = app.getHttpServer();
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, server, close: () => (server.closeAllConnections(), app.close()) };
}
