// What API Gateway (payloads v1 and v2), function URLs and Application Load Balancers send to a
// function, and the answers that each of them reads.
import type { PlainAnswer } from "../error.js";
import { member } from "../own.js";

/** Bytes from base64, and base64 from bytes: Lambda is Node. */
interface Encoded extends Uint8Array {
  toString(encoding?: "base64"): string;
}
declare const Buffer: { from(body: Uint8Array | string, encoding?: "base64"): Encoded };

/** The event of each of them. */
export interface LambdaEvent {
  readonly version?: string;
  readonly headers?: { readonly [name: string]: string | undefined } | null | undefined;
  readonly multiValueHeaders?: { readonly [name: string]: string[] | undefined } | null | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean;
}
/** An answer in the shape that the event's sender reads. */
export interface LambdaResult {
  statusCode: number;
  headers?: { [name: string]: string };
  multiValueHeaders?: { [name: string]: string[] };
  cookies?: string[];
  body: string;
  isBase64Encoded: boolean;
}

export function fromBase64(body: string): Uint8Array {
  return Buffer.from(body, "base64");
}

/** The answer, as the sender of this event reads it. */
export function resultFor(event: LambdaEvent, answer: PlainAnswer): LambdaResult {
  return { statusCode: answer.status, ...headersFor(event, answer), ...bodyOf(answer) };
}

/** One value a header, and cookies apart, in v2; the gateway's own form of lists elsewhere. */
function headersFor(event: LambdaEvent, { headers }: PlainAnswer) {
  const isCookie = ([name]: readonly [string, string]) => name === "set-cookie";
  if (member(event, "version") === "2.0") {
    const cookies = headers.filter(isCookie).map(([, value]) => value);
    return { headers: Object.fromEntries(headers.filter((one) => !isCookie(one))), cookies };
  }
  if (!member(event, "multiValueHeaders")) return { headers: Object.fromEntries(headers) };
  const values = (name: string) => headers.filter((one) => one[0] === name).map((one) => one[1]);
  return {
    multiValueHeaders: Object.fromEntries(headers.map(([name]) => [name, values(name)])),
  };
}

/** Text where it is text: not every gateway is set up to decode what is not. */
function bodyOf({ body }: PlainAnswer): { body: string; isBase64Encoded: boolean } {
  if (typeof body === "string") return { body, isBase64Encoded: false };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    return { body: text, isBase64Encoded: false };
  } catch {
    return { body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
  }
}
