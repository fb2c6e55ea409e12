// The program as a unit, and the Worker asked as a whole.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { report } from "../program/program.js";

const ALL_PASSED = /^[1-9]\d* passed, 0 failed$/;

test("the program", async () => {
  expect(await report()).toMatch(ALL_PASSED);
});

test("the Worker", async () => {
  const response = await exports.default.fetch("https://example.org/");
  expect(await response.text()).toMatch(ALL_PASSED);
});
