// The app stands alone: Next would else take the checkout's other lockfiles for its own.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

export default { outputFileTracingRoot: root, turbopack: { root } };
