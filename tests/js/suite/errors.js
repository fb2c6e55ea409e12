// The one error class, and its outward answer.
import { NOW, PAYLOAD, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";

export function errorTests({ postseal, other, test }) {
  const refuse = (from, code = "missing_header") =>
    throwsCode(from, code, () =>
      new from.Receiver({ secrets: SECRET }).open({}, PAYLOAD, { now: NOW }),
    );

  test("error: its shape", () => {
    const error = refuse(postseal);
    ok(error instanceof Error && error instanceof postseal.WebhookError, "an Error");
    same(
      [error.name, error.status, String(error).startsWith("WebhookError: ")],
      ["WebhookError", 401, true],
    );
  });
  test("error: `is` knows its own alone", () => {
    const { WebhookError } = postseal;
    for (const value of [undefined, null, "x", {}, new Error("x"), { code: "missing_header" }]) {
      same(WebhookError.is(value), false);
    }
    same(WebhookError.is(refuse(postseal)), true);
  });
  if (other !== undefined) {
    test("error: `is` knows those of another copy", () => {
      ok(other.WebhookError !== postseal.WebhookError, "two copies");
      same(
        [postseal.WebhookError.is(refuse(other)), other.WebhookError.is(refuse(postseal))],
        [true, true],
      );
    });
  }
  test("error: the answer has a constant text, and never the code", async () => {
    const answers = [refuse(postseal), largeBody(postseal), mismatch(postseal)].map((error) =>
      error.toResponse(),
    );
    same(
      answers.map(({ status }) => status),
      [401, 413, 401],
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    same(new Set(texts).size, 1);
    same(answers[0].headers.get("retry-after"), null);
  });
  test("error: an answer that asks for patience says for how long", () => {
    const receiver = new postseal.Receiver({});
    const error = throwsCode(postseal, "no_live_secret", () => receiver.open({}, "", { now: NOW }));
    const answer = error.toResponse();
    same(answer.status, 503);
    ok(Number(answer.headers.get("retry-after")) > 0, "Retry-After");
  });
}

function largeBody(postseal) {
  const receiver = new postseal.Receiver({ secrets: SECRET, maxBodyBytes: 1 });
  return throwsCode(postseal, "body_too_large", () => receiver.open({}, PAYLOAD, { now: NOW }));
}

function mismatch(postseal) {
  const signed = new postseal.Sender({ secrets: postseal.generateSecret() });
  const { headers, body } = signed.seal({ id: "evt_1", payload: "" }, { now: NOW });
  const receiver = new postseal.Receiver({ secrets: SECRET });
  return throwsCode(postseal, "signature_mismatch", () =>
    receiver.open(headers, body, { now: NOW }),
  );
}
