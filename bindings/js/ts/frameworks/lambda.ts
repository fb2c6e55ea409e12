// `postseal/lambda`: the endpoint for AWS Lambda behind API Gateway (payloads v1 and v2), a
// function URL, or an Application Load Balancer.
import type { HandlerOptions, Receiver } from "../index.js";
import { member } from "../own.js";
import { endpointOf } from "./endpoint.js";
import { fromBase64, type LambdaEvent, type LambdaResult, resultFor } from "./lambda_event.js";

export type { LambdaEvent, LambdaResult };

const REMEDY = "let nothing parse the event before, such as @middy/http-json-body-parser";

/** `limit`, like the others, gets the event and the context. Throws `invalid_config`. */
export function lambdaHandler<E extends LambdaEvent, C>(
  receiver: Receiver,
  options: HandlerOptions<[event: E, context: C], [event: E, context: C]>,
): (event: E, context: C) => Promise<LambdaResult> {
  const endpoint = endpointOf(receiver, options);
  return async (event, context) => {
    const body = member(event, "body");
    const binary = member(event, "isBase64Encoded") === true && typeof body === "string";
    const answer = await endpoint.plain({
      args: [event, context],
      limit: [event, context],
      headers: member(event, "multiValueHeaders") ?? member(event, "headers") ?? {},
      remedy: REMEDY,
      body: () => (binary ? fromBase64(body) : (body ?? "")),
    });
    return resultFor(event, answer);
  };
}
