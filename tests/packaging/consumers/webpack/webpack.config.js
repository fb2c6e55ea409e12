// A bundle for Node, and one for a page.
import { fileURLToPath } from "node:url";

const context = fileURLToPath(new URL(".", import.meta.url));
const mode = "production";
const server = { target: "node", entry: "./src/server.js" };
// webpack warns of more than 244 KiB, which the module alone has.
const page = { target: "web", entry: "./src/main.js", performance: { hints: false } };
const output = (folder, filename) => ({ path: `${context}dist/${folder}`, filename });

export default [
  { ...server, context, mode, output: output("node", "main.cjs") },
  { ...page, context, mode, output: output("web", "main.js") },
];
