// The public surface of the package.
export { claim } from "./claim.js";
export type { ErrorCode } from "./codes.js";
export { WebhookError } from "./error.js";
export { generateEncryptionKey, generateSecret } from "./generate.js";
export { Receiver } from "./receiver.js";
export { nextAttempt } from "./retry.js";
export { Sender } from "./sender.js";
export type {
  BodyInput,
  Bytes,
  Claim,
  ClaimOptions,
  Delivery,
  HandlerOptions,
  HeadersInput,
  Instant,
  KeyList,
  KeyOptions,
  LimitResult,
  Message,
  OpenContext,
  ReceiverOptions,
  Scheme,
  Sealed,
  SecretInput,
  SenderOptions,
  SendOptions,
  SendResult,
  Store,
} from "./types.js";
