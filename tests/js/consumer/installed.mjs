// The installed package, for tests that live outside this folder.
export * as postseal from "postseal";
export * from "./beside.mjs";
