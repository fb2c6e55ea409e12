// Runs the suite in a route, and answers with its lines as a program prints them.
import * as postseal from "postseal";
import * as stores from "postseal/stores";
import { runAll } from "./generated/suite/all.js";
import vectors from "./generated/vectors.js";

export async function answer() {
  const lines = [];
  const { passed, failed } = await runAll({ postseal, stores, vectors }, (line) =>
    lines.push(line),
  );
  return new Response([...lines, `${passed} passed, ${failed} failed`, ""].join("\n"));
}
