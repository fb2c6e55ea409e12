// The suite in Next's Edge runtime, whose bundle takes the condition `edge-light`. It is a route of
// the Pages Router, since Next 16 with webpack builds no Edge route of the App Router.
import { answer } from "../../suite.js";

export const config = { runtime: "edge" };
export default answer;
