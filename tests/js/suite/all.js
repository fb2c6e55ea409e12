// The whole suite, for any runtime: it gets the package, and uses nothing else but web standards.
import { attackTests } from "./attacks.js";
import { bodyTests } from "./bodies.js";
import { claimTests } from "./claims.js";
import { deliveryTests } from "./deliveries.js";
import { errorTests } from "./errors.js";
import { Suite } from "./harness.js";
import { handlerTests } from "./handler.js";
import { headerTests } from "./headers.js";
import { insteadTests } from "./instead.js";
import { optionTests } from "./options.js";
import { policyTests } from "./policies.js";
import { requestTests } from "./requests.js";
import { runtimeTests } from "./runtime.js";
import { schemaTests } from "./schemas.js";
import { senderTests } from "./senders.js";
import { testingTests } from "./testing.js";
import { vectorTests } from "./vectors.js";

const TOPICS = [
  vectorTests,
  policyTests,
  bodyTests,
  headerTests,
  optionTests,
  deliveryTests,
  errorTests,
];
TOPICS.push(attackTests, requestTests, handlerTests, senderTests, claimTests, runtimeTests);
TOPICS.push(schemaTests, testingTests, insteadTests);

/**
 * `from` is `{ postseal, stores, testing, instead, vectors, other, util }`; `other` is a second
 * copy of the package and `util` is Node's module, each where there is one. Failures go to `print`,
 * or to the console.
 */
export function runAll(from, print) {
  const suite = new Suite();
  for (const tests of TOPICS) tests({ ...from, test: suite.test });
  return suite.run(print);
}
