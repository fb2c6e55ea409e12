// Small substitutes for the platform's classes, so that a test shows what the package reads and not
// what the platform itself reads. Their members are fields, since an assignment would trigger the
// setters of a polluted prototype.

/** As WebIDL reads a dictionary: inherited members too. */
function dictionary(init, names) {
  return names.map((name) => (init === undefined ? undefined : init[name]));
}

export class FakeHeaders {
  #pairs;

  constructor(headers) {
    this.#pairs = Object.entries(headers);
  }

  get(name) {
    const pair = this.#pairs.find(([key]) => key.toLowerCase() === name);
    return pair === undefined ? null : pair[1];
  }
}

/** A body of one chunk, whose end has no `value`, as in workerd. */
class FakeStream {
  #chunks;
  locked = false;

  constructor(chunks) {
    this.#chunks = chunks;
  }

  getReader() {
    let next = 0;
    const chunks = this.#chunks;
    return {
      async read() {
        next += 1;
        return next > chunks.length ? { done: true } : { done: false, value: chunks[next - 1] };
      },
      cancel: async () => {},
    };
  }
}

export class FakeRequest {
  bodyUsed = false;
  url;
  init;
  headers;
  body;

  constructor(url, init) {
    this.url = url;
    this.init = dictionary(init, ["method", "redirect", "signal", "cache", "duplex"]);
    this.headers = new FakeHeaders(init.headers);
    this.body = new FakeStream([init.body]);
  }
}

export class FakeResponse {
  status;
  ok;
  told;

  constructor(body, init) {
    const [status, statusText, headers, webSocket] = dictionary(init, RESPONSE_INIT);
    this.status = status ?? 200;
    this.ok = this.status < 300;
    this.told = [body, this.status, statusText, headers, webSocket];
  }

  get [Symbol.toStringTag]() {
    return "Response";
  }

  async json() {
    return JSON.parse(this.told[0]);
  }
}

const RESPONSE_INIT = ["status", "statusText", "headers", "webSocket"];

/** Node's `IncomingMessage`, with a body of one chunk. */
export class FakeIncoming {
  headers;
  rawHeaders;
  chunk;
  readableDidRead = false;

  constructor(headers, body) {
    this.headers = headers;
    this.rawHeaders = Object.entries(headers).flat();
    this.chunk = body;
  }

  on(event, listener) {
    // Not by `queueMicrotask`: Node's own breaks on some polluted names.
    const soon = Promise.resolve();
    if (event === "data") soon.then(() => listener(this.chunk));
    if (event === "end") soon.then(() => {}).then(() => listener());
  }

  off() {}
  pause() {}
  resume() {}
  destroy() {}
}

/** Node's `ServerResponse`, with the least that the adapter needs. */
export class FakeOutgoing {
  statusCode = 0;
  sent = [];

  setHeader(name, value) {
    this.sent = [...this.sent, name, value];
  }

  appendHeader(name, value) {
    this.setHeader(name, value);
  }

  end(body) {
    this.sent = [...this.sent, this.statusCode, body];
  }

  destroy() {
    this.sent = [...this.sent, "destroyed"];
  }
}

const PlatformURL = URL;
const urls = new Map();

/** A URL that was parsed while the prototypes were clean: Node 24's parser breaks later. */
export class FakeURL {
  #facts;

  static prepare(text) {
    const { href, protocol, hostname, username, password } = new PlatformURL(text);
    urls.set(text, [href, protocol, hostname, username, password]);
    return text;
  }

  constructor(text) {
    this.#facts = urls.get(String(text));
    if (this.#facts === undefined) throw new TypeError("no URL of the tests");
  }

  get href() {
    return this.#facts[0];
  }

  get protocol() {
    return this.#facts[1];
  }

  get hostname() {
    return this.#facts[2];
  }

  get username() {
    return this.#facts[3];
  }

  get password() {
    return this.#facts[4];
  }
}
