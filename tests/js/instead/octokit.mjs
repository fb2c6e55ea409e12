// Octokit's methods beside their drop-in shape.
import * as octokit from "@octokit/webhooks-methods";
import { compared } from "./compare.mjs";
import { PAYLOAD } from "./known.mjs";

const secret = "mysecret";
const good = await octokit.sign(secret, PAYLOAD);

export function octokitTests({ instead: { octokit: ours }, test }) {
  const compare = compared(TypeError, Error);
  // Theirs is a TypeError for what is missing, and ours a WebhookError.
  const signs = [
    [secret, PAYLOAD],
    ["é".repeat(9), "text"],
    [secret, ""],
    ["", PAYLOAD],
    [],
    [secret],
  ];
  signs.push([secret, { a: 1 }]);
  for (const [at, given] of signs.entries()) {
    test(`octokit, the same signature: ${at + 1}`, () =>
      compare(
        () => octokit.sign(...given),
        () => ours.sign(...given),
      ));
  }
  verifyTests({ ours, compare, test });
}

function verifyTests({ ours, compare, test }) {
  const cases = {
    good: [secret, PAYLOAD, good],
    "another payload": [secret, "{}", good],
    "another secret": ["another", PAYLOAD, good],
    capitals: [secret, PAYLOAD, good.toUpperCase()],
    "no algorithm": [secret, PAYLOAD, good.slice(7)],
    "another algorithm": [secret, PAYLOAD, good.replace("sha256", "sha1")],
    "a signature cut short": [secret, PAYLOAD, good.slice(0, -1)],
    "a signature and more": [secret, PAYLOAD, `${good}0`],
    "no signature": [secret, PAYLOAD],
    "an empty payload": [secret, "", good],
    "no secret": [undefined, PAYLOAD, good],
    "a parsed payload": [secret, { a: 1 }, good],
    "a number for a signature": [secret, PAYLOAD, 5],
  };
  for (const [kind, given] of Object.entries(cases)) {
    test(`octokit, the same answer: ${kind}`, () =>
      compare(
        () => octokit.verify(...given),
        () => ours.verify(...given),
      ));
  }
  const lists = [undefined, [], ["x"], ["x", secret], [secret, ""], ["", secret], ["x", undefined]];
  for (const [at, list] of lists.entries()) {
    test(`octokit, the same answer with further secrets: ${at + 1}`, async () => {
      for (const first of ["new", secret]) {
        const given = [first, PAYLOAD, good, list];
        await compare(
          () => octokit.verifyWithFallback(...given),
          () => ours.verifyWithFallback(...given),
        );
      }
    });
  }
}
