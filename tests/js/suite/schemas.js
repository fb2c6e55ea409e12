// `delivery.json(schema)`, with schemas written by hand as Standard Schema v1 has them.
import { NOW, PAYLOAD, SECRET } from "./known.js";
import { ok, same, stackOf, throwsCode } from "./harness.js";

/** A schema whose check is `validate`. */
export function schemaOf(validate) {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

const AMOUNT = schemaOf((value) =>
  typeof value.amount === "number"
    ? { value: { cents: value.amount } }
    : { issues: [{ message: `4242 is wrong: ${JSON.stringify(value)}`, path: ["4242"] }] },
);

export function schemaTests({ postseal, test }) {
  const opened = (payload) => {
    const sealed = new postseal.Sender({ secrets: SECRET }).seal(
      { id: "evt_1", payload },
      { now: NOW },
    );
    const receiver = new postseal.Receiver({ secrets: SECRET });
    return receiver.open(sealed.headers, sealed.body, { now: NOW });
  };
  const refused = (code, payload, ...schemas) => {
    const error = throwsCode(postseal, code, () => opened(payload).json(...schemas));
    ok(error.cause === undefined, "no cause");
    ok(!`${stackOf(error)}${JSON.stringify(error)}`.includes("4242"), "no payload");
    return error;
  };
  const from = { postseal, opened, refused, test };
  resultTests(from);
  wrongSchemaTests(from);
  asynchronousTests(from);
}

function resultTests({ opened, refused, test }) {
  test("schema: what it makes of the payload", () => {
    same(opened(PAYLOAD).json(AMOUNT), { cents: 4200 });
    same(opened("null").json(schemaOf((value) => ({ value: [value] }))), [null]);
    same(opened("1").json(schemaOf(() => ({ value: undefined }))), undefined);
  });
  test("schema: it may be a function, and its check may use `this`", () => {
    const standard = { version: 1, vendor: "test", by: 2 };
    standard.validate = function (value) {
      return { value: value * this.by };
    };
    same(opened("21").json(Object.assign(() => {}, { "~standard": standard })), 42);
  });
  test("schema: a failure tells how many issues there are, and nothing else", () => {
    const error = refused("payload_invalid", '{"amount":"4242"}', AMOUNT);
    same([error.status, error.message.includes("(issues: 1)")], [422, true]);
  });
  test("schema: a failure without a list of issues", () => {
    for (const issues of [null, "4242", {}, 0]) {
      refused(
        "payload_invalid",
        "1",
        schemaOf(() => ({ value: 1, issues })),
      );
    }
  });
  test("schema: an empty list of issues is a failure", () => {
    refused(
      "payload_invalid",
      "1",
      schemaOf(() => ({ value: 1, issues: [] })),
    );
  });
  test("schema: a payload that is not JSON does not get to it", () => {
    let asked = 0;
    const schema = schemaOf((value) => {
      asked += 1;
      return { value };
    });
    refused("payload_not_json", "card 4242", schema);
    refused("payload_not_utf8", new Uint8Array([0xff]), schema);
    same(asked, 0);
  });
}

function wrongSchemaTests({ refused, test }) {
  const throwing = (name) =>
    Object.defineProperty({}, name, {
      get: () => {
        throw new Error("4242");
      },
    });
  const wrong = {
    undefined: undefined,
    null: null,
    "a text": "schema",
    "an object": {},
    "a function": () => true,
    "a getter that throws": throwing("~standard"),
    "nothing under ~standard": { "~standard": null },
    "no version": { "~standard": { validate: () => ({ value: 1 }) } },
    "another version": { "~standard": { version: 2, validate: () => ({ value: 1 }) } },
    "no check": { "~standard": { version: 1, vendor: "test" } },
    "a check that is none": { "~standard": { version: 1, vendor: "test", validate: {} } },
    "a check that throws": schemaOf((value) => {
      throw new Error(`4242 ${value}`);
    }),
    "a result that is none": schemaOf(() => "4242"),
    "no result": schemaOf(() => null),
    "a result without a value": schemaOf(() => ({})),
    "a result whose getter throws": schemaOf(() => throwing("issues")),
  };
  for (const [name, schema] of Object.entries(wrong)) {
    test(`schema: ${name} is refused`, () => {
      same(refused("invalid_config", PAYLOAD, schema).status, 500);
    });
  }
  test("schema: what is no schema is seen before the payload", () => {
    refused("invalid_config", "card 4242", {});
  });
}

function asynchronousTests({ refused, test }) {
  const later = {
    "a promise": async () => ({ value: 1 }),
    "a thenable": () => ({ then: (resolve) => resolve({ value: 1 }) }),
    // Unhandled, these would end Node's process, with the payload on its console.
    "a promise that rejects": async (value) => {
      throw new Error(`4242 ${JSON.stringify(value)}`);
    },
    "a thenable that throws": () => ({
      then: () => {
        throw new Error("4242");
      },
    }),
  };
  for (const [name, validate] of Object.entries(later)) {
    test(`schema: ${name} is refused`, async () => {
      const { message } = refused("invalid_config", PAYLOAD, schemaOf(validate));
      ok(message.includes("asynchronous"), message);
      await new Promise((resolve) => setTimeout(resolve));
    });
  }
}
