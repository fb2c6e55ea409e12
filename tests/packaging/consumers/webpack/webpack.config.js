// A bundle for Node, and one for a page.
import { fileURLToPath } from "node:url";

const context = fileURLToPath(new URL(".", import.meta.url));
const mode = "production";
const performance = { hints: false };
const output = (folder, filename) => ({ path: `${context}dist/${folder}`, filename });

export default [
  { context, mode, target: "node", entry: "./src/server.js", output: output("node", "main.cjs") },
  { context, mode, performance, target: "web", entry: "./src/main.js", output: output("web", "main.js") },
];
