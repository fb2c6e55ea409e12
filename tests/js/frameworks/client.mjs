// A client that sends what it is told to, byte for byte where it must.
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";

/** Posts, and answers with `{ status, headers, text }`. Headers are an object or pairs. */
export function post(url, { headers = {}, body, chunked = false, path = "" }) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  const flat = pairs.flatMap(([name, value]) => [name, String(value)]);
  // With a flat list Node adds nothing by itself.
  const length = chunked ? ["transfer-encoding", "chunked"] : ["content-length", lengthOf(body)];
  const { host } = new URL(url);
  const options = { method: "POST", agent: false, headers: ["host", host, ...length, ...flat] };
  return new Promise((resolve, reject) => {
    const sent = request(url + path, options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("latin1");
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    });
    sent.on("error", reject);
    if (body !== undefined) sent.write(body);
    sent.end();
  });
}

/** A connection that writes what it is told to, and keeps all that comes back. */
export async function open(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const peer = { socket, received: "", closed: false };
  peer.ended = new Promise((resolve) => socket.on("close", resolve));
  peer.ended.then(() => (peer.closed = true));
  socket.on("error", () => {});
  socket.on("data", (chunk) => (peer.received += chunk.toString("latin1")));
  await once(socket, "connect");
  return peer;
}

/** A request as it stands on the wire; `lines` are headers. */
export function onTheWire(headers, body, lines = [`content-length: ${lengthOf(body)}`]) {
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = ["POST / HTTP/1.1", "host: localhost", ...lines, ...named, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** Waits until it is so. */
export async function until(condition, what) {
  for (let turn = 0; turn < 2000; turn += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it never came to this: ${what}`);
}

function lengthOf(body) {
  return String(body === undefined ? 0 : Buffer.byteLength(body));
}
