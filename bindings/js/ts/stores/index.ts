// `postseal/stores`: each takes the client that the user already has, and depends on none.
export { memoryStore } from "./memory.js";
