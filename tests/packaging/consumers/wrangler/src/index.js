// A Worker that answers with what the program found.
import { report } from "../program/program.js";

export default {
  async fetch() {
    return new Response(await report());
  },
};
