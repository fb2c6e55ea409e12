// A function of AWS Lambda that answers with what the program found.
import { report } from "../program/program.js";

export async function handler() {
  return { statusCode: 200, body: await report() };
}
