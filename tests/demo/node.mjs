// Answers the demo's question in Node: JSON on standard input, JSON on standard output.
import { json } from "node:stream/consumers";
import { answer } from "./cases.mjs";

console.log(JSON.stringify(await answer(await json(process.stdin))));
