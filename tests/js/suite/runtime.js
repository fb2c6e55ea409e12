// What depends on the runtime around the module: randomness, the clock, and a trap.
import { KEY, NOW, PAYLOAD, plain, SECRET } from "./known.js";
import { ok, same, throwsCode } from "./harness.js";
import { replaced, withHost } from "./host.js";

export function runtimeTests({ postseal, test }) {
  const { Receiver, Sender } = postseal;

  test("runtime: randomness that fails", () => {
    withHost({ random: failing }, () => {
      throwsCode(postseal, "entropy_unavailable", () => postseal.generateSecret());
      const sender = new Sender({ secrets: SECRET, encryptionKeys: KEY });
      throwsCode(postseal, "entropy_unavailable", () =>
        sender.seal({ id: "a", payload: "" }, { now: NOW }),
      );
      ok(plain(postseal), "a plain message needs none");
    });
  });
  test("runtime: a clock that is not set", () => {
    const receiver = new Receiver({ secrets: SECRET });
    const { headers, body } = plain(postseal);
    withHost({ now: 0 }, () => {
      throwsCode(postseal, "clock_unavailable", () => receiver.open(headers, body));
      same(receiver.open(headers, body, { now: NOW }).id, "evt_1");
    });
  });
  test("runtime: a trap ends one call, and nothing else", () => {
    const receiver = new Receiver({ secrets: SECRET });
    const { headers, body } = plain(postseal);
    // The glue asks for the clock in the middle of a call: what is thrown there unwinds it as a
    // trap does.
    const restore = replaced(Date, "now", failing);
    try {
      same(throwsCode(postseal, "module_failed", () => receiver.open(headers, body)).status, 503);
    } finally {
      restore();
    }
    same(receiver.open(headers, body, { now: NOW }).id, "evt_1");
    same(plain(postseal).headers, headers);
    receiver[Symbol.dispose]();
    throwsCode(postseal, "stale_handle", () => receiver.open(headers, body, { now: NOW }));
    same(new Receiver({ secrets: SECRET }).open(headers, PAYLOAD, { now: NOW }).id, "evt_1");
  });
}

function failing() {
  throw new Error("not here");
}
