// Asks the worker: starts workerd with a configuration, posts standard input to it, prints its
// answer, stops it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { default as workerd } from "workerd";

const question = await text(process.stdin);
const arguments_ = ["serve", process.argv[2], "--socket-addr=http=127.0.0.1:0", "--control-fd=3"];
const stdio = ["ignore", "inherit", "inherit", "pipe"];
const server = spawn(workerd.default, arguments_, { stdio });
server.on("exit", (code) => code && process.exit(code));

for await (const line of createInterface(server.stdio[3])) {
  const { event, port } = JSON.parse(line);
  if (event !== "listen") continue;
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: question });
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
  break;
}
server.kill();
