// Senders, their messages, what `send` passes to `fetch`, retries, and what `testing` makes.
import { FakeURL } from "./fakes.js";
import { EVIL_SECRET, KEY, NOW, PAYLOAD, SECRET } from "./known.js";

const URL_TEXT = FakeURL.prepare("https://example.org/hooks");
const ELSEWHERE = FakeURL.prepare("http://example.org/");
const MESSAGE = { id: "evt_1", payload: PAYLOAD };

export function sendingCases({ postseal, "postseal/testing": testing }) {
  return { ...sealCases(postseal), ...sendCases(postseal), ...testingCases(testing) };
}

const sent = ({ headers, body }) => [Object.entries(headers), body];

function sealCases({ Sender, nextAttempt, generateSecret, generateEncryptionKey }) {
  const sender = new Sender({ secrets: SECRET });
  const options = {
    "a text": () => ({ secrets: SECRET }),
    "an object": () => ({ secrets: { secret: SECRET } }),
    "a list with a hole": () => ({ secrets: [SECRET, , SECRET] }),
    "encryption keys": () => ({ secrets: SECRET, encryptionKeys: KEY }),
    "no secrets": () => ({}),
  };
  const messages = {
    payload: () => MESSAGE,
    json: () => ({ id: "evt_1", json: { a: [1, { b: null }], c: new Date(NOW) } }),
    "json with a hole": () => ({ id: "evt_1", json: [1, , 3] }),
    "json that is a bigint": () => ({ id: "evt_1", json: 1n }),
    "json that writes itself": () => ({ id: "evt_1", json: { toJSON: () => ({ own: 1 }) } }),
    "json of a class": () => ({ id: "evt_1", json: new Writing() }),
    "json of a text": () => ({ id: "evt_1", json: "text" }),
    nothing: () => ({ id: "evt_1" }),
    "no id": () => ({ payload: PAYLOAD }),
    "an object": () => ({ id: "evt_1", payload: {} }),
  };
  const cases = {
    "seal in an empty context": () => sent(sender.seal(MESSAGE, {})),
    "a new secret": () => [generateSecret(), generateEncryptionKey()],
    "the next attempt": () => Object.entries(nextAttempt({ attempt: 1, status: 500 })),
    "the last attempt": () => Object.entries(nextAttempt({ attempt: 8, status: 500 })),
    "an attempt without a status": () => Object.entries(nextAttempt({ attempt: 1 })),
    "no attempt": () => nextAttempt({}),
    "a sender as JSON": () => [Object.values(sender.toJSON()), String(sender)],
  };
  for (const [name, make] of Object.entries(options)) {
    cases[`a sender of ${name}`] = () => sent(new Sender(make()).seal(MESSAGE));
  }
  for (const [name, make] of Object.entries(messages)) {
    cases[`a message of ${name}`] = () => sent(sender.seal(make()));
  }
  return cases;
}

class Writing {
  toJSON() {
    return "a class";
  }
}

class Answer {
  #status;

  constructor(status) {
    this.#status = status;
  }

  get status() {
    return this.#status;
  }
}

function sendCases({ Sender }) {
  const sender = new Sender({ secrets: SECRET });
  const answers = {
    taken: () => new Answer(204),
    gone: () => new Answer(410),
    refused: () => new Answer(400),
    "an answer without a status": () => ({}),
    "an answer without headers": () => ({ status: 500 }),
    "no answer": () => undefined,
  };
  const cases = {
    "send with an empty signal": () => sender.send(URL_TEXT, MESSAGE, { signal: {} }),
    "send without attempts": () => sender.send(URL_TEXT, MESSAGE, { maxAttempts: 0 }),
    "send elsewhere": () => sender.send(ELSEWHERE, MESSAGE, {}),
  };
  for (const [name, answer] of Object.entries(answers)) {
    cases[`send, ${name}`] = async () => {
      let read;
      const fetch = async (url, init) => {
        // As WebIDL reads it: inherited members too.
        const { method, headers, body, redirect, signal, ...rest } = init;
        const inherited = [init.cache, init.credentials, init.mode, init.keepalive, init.duplex];
        const given = [url.href, method, Object.entries(headers), body, redirect, signal.aborted];
        read = [...given, rest, inherited];
        return answer();
      };
      const result = await sender.send(URL_TEXT, MESSAGE, { fetch, maxAttempts: 1 });
      return [Object.entries(result), read];
    };
  }
  return cases;
}

function testingCases({ testDelivery, testRequest }) {
  const options = {
    least: () => ({ secret: SECRET, message: MESSAGE }),
    "an object for a secret": () => ({ secret: { secret: SECRET }, message: MESSAGE }),
    encrypted: () => ({ secret: SECRET, encryptionKey: KEY, message: MESSAGE }),
    "another's": () => ({ secret: EVIL_SECRET, message: MESSAGE }),
    "no secret": () => ({ message: MESSAGE }),
    "no message": () => ({ secret: SECRET }),
  };
  for (const tamper of ["body", "signature", "old", "unsigned"]) {
    options[tamper] = () => ({ secret: SECRET, message: MESSAGE, tamper });
  }
  const cases = {
    "a request for a test": () => {
      const { init, url } = testRequest(URL_TEXT, options.least());
      return [init, url];
    },
  };
  for (const [name, make] of Object.entries(options)) {
    cases[`a delivery for a test, ${name}`] = () => sent(testDelivery(make()));
  }
  return cases;
}
