// Answers the demo's question in workerd: JSON in the request, JSON in the response.
import { answer } from "./cases.mjs";

export default {
  async fetch(request) {
    return Response.json(await answer(await request.json()));
  },
};
