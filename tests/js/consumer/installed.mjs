// The installed package, for tests that live outside this folder.
export * as postseal from "postseal";
export * as stores from "postseal/stores";
