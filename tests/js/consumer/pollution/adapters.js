// The adapters, with fakes of as much of each framework as they use.
import { FakeIncoming, FakeOutgoing, FakeRequest, FakeResponse } from "./fakes.js";
import { PAYLOAD, SECRET } from "./known.js";
import { messages } from "./opening.js";

export function adapterCases(loaded) {
  const { postseal } = loaded;
  const from = { ...loaded, receiver: new postseal.Receiver({ secrets: SECRET }) };
  const cases = {};
  const { good, forged, stale } = messages(postseal);
  for (const [kind, message] of Object.entries({ good, forged, stale })) {
    const given = { ...from, kind, ...message };
    Object.assign(cases, nodeCases(given), fastifyCases(given), lambdaCases(given));
    cases[`hono, ${kind}`] = async () => {
      const handle = from["postseal/hono"].honoHandler(from.receiver, { onDelivery: noted });
      const { headers, body } = message;
      const raw = new FakeRequest("https://a", { headers, body });
      return (await handle({ req: { raw } })).told;
    };
  }
  cases["an adapter without a receiver"] = () =>
    from["postseal/hono"].honoHandler({}, { onDelivery: noted });
  return cases;
}

function noted(delivery) {
  if (delivery.text() !== PAYLOAD) throw new Error("another payload");
}

function nodeCases({ "postseal/node": { nodeHandler }, receiver, kind, headers, body }) {
  const answered = async (request, options = {}) => {
    const response = new FakeOutgoing();
    let errors = [];
    const onError = (error) => void (errors = [...errors, error]);
    await nodeHandler(receiver, { onError, onDelivery: noted, ...options })(request, response);
    return [response.sent, errors];
  };
  return {
    [`node, ${kind}`]: () => answered(new FakeIncoming(headers, body)),
    [`node, ${kind}, from an event`]: () => answered({ headers, body, on: undefined }),
    [`node, ${kind}, parsed`]: () => answered({ headers, body: {} }),
    [`node, ${kind}, without a body`]: () => answered({ headers }),
    [`node, ${kind}, rawBody`]: () => answered({ headers, rawBody: body }),
    [`node, ${kind}, read before`]: () => {
      const request = new FakeIncoming(headers, body);
      request.readableDidRead = true;
      return answered(request);
    },
    [`node, ${kind}, an answer`]: () =>
      answered(new FakeIncoming(headers, body), {
        onDelivery: () => {
          throw new RangeError("no");
        },
      }),
  };
}

function fastifyCases({ "postseal/fastify": { fastifyHandler }, receiver, kind, headers, body }) {
  const started = async () => {
    const app = {
      removeAllContentTypeParsers() {},
      addContentTypeParser() {},
      setErrorHandler: (handle) => void (app.onError = handle),
      post(path, options, handle) {
        app.handle = handle;
        app.options = [path, options.config.rawBody, options.schema, options.preHandler];
      },
      onError: undefined,
      handle: undefined,
      options: undefined,
    };
    await fastifyHandler(receiver, { onDelivery: noted, onError: () => {} })(app);
    return app;
  };
  const reply = () => {
    let told = [];
    const tell = (...parts) => void (told = [...told, ...parts]);
    return { code: tell, header: tell, send: tell, told: () => told };
  };
  const request = () => ({ raw: new FakeIncoming(headers, body) });
  return {
    [`fastify, ${kind}`]: async () => {
      const [{ handle, options }, answer] = [await started(), reply()];
      await handle(request(), answer);
      return [options, answer.told()];
    },
    [`fastify, ${kind}, an error of a hook`]: async () => {
      const [{ onError }, answer] = [await started(), reply()];
      try {
        await onError(new Error("not allowed"), request(), answer);
      } catch (error) {
        return [error, answer.told()];
      }
      return answer.told();
    },
  };
}

function lambdaCases({ "postseal/lambda": { lambdaHandler }, receiver, kind, headers, body }) {
  const text = new TextDecoder().decode(body);
  const events = {
    "version 2": () => ({ version: "2.0", headers, body: text, isBase64Encoded: false }),
    base64: () => ({ version: "2.0", headers, body: btoa(text), isBase64Encoded: true }),
    "a load balancer": () => ({ headers, body: text, isBase64Encoded: false }),
    "lists of values": () => ({ multiValueHeaders: lists(headers), body: text }),
    "no headers": () => ({ body: text }),
    "no body": () => ({ headers }),
    nothing: () => ({}),
  };
  const answers = { nothing: () => undefined, "a response": () => new Told() };
  const cases = {};
  for (const [name, event] of Object.entries(events)) {
    for (const [with_, answer] of Object.entries(answers)) {
      cases[`lambda, ${kind}, ${name}, ${with_}`] = async () => {
        const options = { onDelivery: answer, onError: () => {} };
        const result = await lambdaHandler(receiver, options)(event(), {});
        return Object.entries(result).map(([key, value]) =>
          typeof value === "object" ? [key, Object.entries(value)] : [key, value],
        );
      };
    }
  }
  return cases;
}

function lists(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
}

class Told extends FakeResponse {
  headers = new Map([["x-a", "1"], ["set-cookie", "b"]]);

  constructor() {
    super("", { __proto__: null, status: 200 });
  }

  async arrayBuffer() {
    return new TextEncoder().encode("answer").buffer;
  }
}
