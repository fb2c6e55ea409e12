// Node's own server around standardwebhooks: node server.mjs PORT PROCESSES
import cluster from "node:cluster";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const BODY_BYTES_MAX = 1 << 20;
const [port, processes] = process.argv.slice(2).map(Number);

if (processes > 1 && cluster.isPrimary) {
  for (let number = 0; number < processes; number += 1) cluster.fork();
} else {
  const webhook = new Webhook(process.env.WEBHOOK_SECRET);
  createServer((request, response) => answer(webhook, request, response)).listen(port, "127.0.0.1");
}

async function answer(webhook, request, response) {
  try {
    // The JSON is not parsed: no other contestant parses it.
    webhook.verify(await bodyOf(request), request.headers, { jsonParse: false });
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}

/** By events, which costs less than an asynchronous loop. */
function bodyOf(request) {
  const chunks = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (chunk) => {
      length += chunk.length;
      if (length > BODY_BYTES_MAX) reject(new Error("too large"));
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
}
