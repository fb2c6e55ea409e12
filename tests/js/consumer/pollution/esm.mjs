// No inherited member is ever read: the package as ES modules.
import { run } from "./run.js";

await run((name) => import(name));
