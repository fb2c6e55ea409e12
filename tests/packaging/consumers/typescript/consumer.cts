// The same package from CommonJS, for the type checker.
import postseal = require("postseal");
import stores = require("postseal/stores");

const store: postseal.Store = stores.memoryStore();
export const receiver = new postseal.Receiver({ secrets: "x" });
export const kept = store;
