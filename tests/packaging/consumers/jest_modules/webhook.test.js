// What Jest holds the program to.
import { report } from "./program/program.js";

test("the program", async () => {
  expect(await report()).toMatch(/^[1-9]\d* passed, 0 failed$/);
});
