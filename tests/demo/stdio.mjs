// Answers the demo's question in Node, Deno and Bun: JSON in, JSON out.
import { json } from "node:stream/consumers";
import { answer } from "./cases.mjs";

console.log(JSON.stringify(await answer(await json(process.stdin))));
