// The endpoint that everyone writes: limit, bounded read, open, claim, the user's function, and one
// answer. It knows no platform: see `exchange.ts`.
import { bytesOrText } from "./body.js";
import { claim } from "./claim.js";
import { type PlainAnswer, refusal, WebhookError } from "./error.js";
import type { Endpoint, Exchange } from "./exchange.js";
import { members } from "./options.js";
import { bare, member } from "./own.js";
import { Collected } from "./request.js";
import type { BodyInput, Claim, Delivery, HandlerOptions, HeadersInput } from "./types.js";

const FUNCTIONS = ["onDelivery", "onRefused", "onError", "limit"] as const;
const NAMES = [...FUNCTIONS, "dedupe"];
const DEDUPE = ["store", "source", "leaseSeconds", "retainSeconds"];
/** Taken, and taken before: a sender need not know which. */
const ACCEPTED: PlainAnswer = { status: 204, headers: [], body: "" };
/** What frames a body on the wire is the platform's to write. */
const FRAMING = ["content-length", "transfer-encoding"];

/** The body ended before it was whole. Its sender is gone, or did not mean it. */
class BrokenOff extends Error {
  readonly status = 400;
}

/** What a receiver does for its handler. */
interface Opens {
  open(headers: HeadersInput, body: BodyInput): Delivery;
}

export class Handler<A extends unknown[], L extends unknown[]> implements Endpoint<A, L> {
  readonly #receiver: Opens;
  readonly #maxBodyBytes: number;
  readonly #options: HandlerOptions<A, L>;

  /** Throws `invalid_config`. */
  constructor(receiver: Opens, maxBodyBytes: number, options: HandlerOptions<A, L>) {
    this.#receiver = receiver;
    this.#maxBodyBytes = maxBodyBytes;
    this.#options = checked(options);
  }

  async response(exchange: Exchange<A, L>): Promise<Response> {
    const answer = await this.#answer(exchange);
    if (isResponse(answer)) return answer;
    const { status, headers, body } = answer;
    // A 204 must not have a body, not even an empty one.
    const init = bare({ status, headers: headers as [string, string][] });
    return new Response(body || null, init);
  }

  async plain(exchange: Exchange<A, L>): Promise<PlainAnswer> {
    const answer = await this.#answer(exchange);
    if (!isResponse(answer)) return answer;
    try {
      const headers = [...answer.headers].filter(([name]) => !FRAMING.includes(name));
      const body = new Uint8Array(await answer.arrayBuffer());
      return { status: answer.status, headers, body };
    } catch (thrown) {
      return this.#failure(thrown, exchange.args);
    }
  }

  async #answer(exchange: Exchange<A, L>): Promise<PlainAnswer | Response> {
    const { args } = exchange;
    try {
      await this.#admit(exchange.limit);
      const body = await this.#body(exchange);
      const delivery = this.#receiver.open(exchange.headers, body);
      const claimed = await this.#claim(delivery, args);
      if (claimed?.outcome === "duplicate") return ACCEPTED;
      return await this.#deliver(delivery, claimed, args);
    } catch (thrown) {
      return thrown instanceof BrokenOff ? refusal(thrown) : this.#refuse(thrown, args);
    }
  }

  /** Throws `rate_limited`, or `store_unavailable` where the limit fails: then nothing passes. */
  async #admit(args: L): Promise<void> {
    const { limit } = this.#options;
    if (limit === undefined) return;
    let success: unknown;
    let retryAfterSeconds: unknown;
    try {
      const result: unknown = await limit(...args);
      // In here too: a getter of the answer may throw.
      success = member(result, "success");
      retryAfterSeconds = member(result, "retryAfterSeconds");
    } catch (cause) {
      throw new WebhookError("store_unavailable", "`limit` failed", { cause });
    }
    if (success === true) return;
    if (success !== false) {
      throw new WebhookError("store_unavailable", "`limit` must answer with { success }");
    }
    throw new WebhookError("rate_limited", "the limit is used up", patience(retryAfterSeconds));
  }

  async #body({ body, remedy }: Exchange<A, L>) {
    let received: unknown;
    try {
      received = await body(new Collected(this.#maxBodyBytes));
    } catch (thrown) {
      throw WebhookError.is(thrown) ? thrown : new BrokenOff();
    }
    return bytesOrText(received, remedy);
  }

  /** The claim, where there is one to be held. Throws `in_progress`, `conflict` and what it may. */
  async #claim(delivery: Delivery, args: A): Promise<Claim | undefined> {
    const { dedupe } = this.#options;
    if (dedupe === undefined) return undefined;
    const { store, ...options } = dedupe;
    const claimed = await claim(await storeOf(store, args), delivery, options);
    if (claimed.outcome === "in_progress") {
      throw new WebhookError(
        "in_progress",
        "another worker holds the claim on this delivery",
        patience(claimed.retryAfterSeconds),
      );
    }
    if (claimed.outcome === "conflict") {
      throw new WebhookError("conflict", "the same replay key came before, with another payload");
    }
    return claimed;
  }

  /** A failed claim is given back, or the sender's next attempt would pass for a duplicate. */
  async #deliver(delivery: Delivery, claimed: Claim | undefined, args: A) {
    let result: unknown;
    try {
      result = await this.#options.onDelivery(delivery, ...args);
    } catch (thrown) {
      const unfit = WebhookError.is(thrown) && thrown.status === 422;
      const answer = unfit ? this.#refuse(thrown, args) : this.#failure(thrown, args);
      await this.#settle(claimed, "failed", args);
      return answer;
    }
    const response = isResponse(result) ? result : undefined;
    await this.#settle(claimed, response?.ok === false ? "failed" : "done", args);
    // Not even a proxy can send the status 0 of `Response.error()`.
    if (response?.status === 0) return this.#failure(new TypeError("no status"), args);
    return response ?? ACCEPTED;
  }

  /** The user's function has run: what becomes of the claim changes nothing for the sender. */
  async #settle(claimed: Claim | undefined, end: "done" | "failed", args: A): Promise<void> {
    if (claimed?.outcome !== "new") return;
    try {
      if ((await claimed[end]()) === "ok") return;
      const lost = "the claim was lost: `onDelivery` took longer than `leaseSeconds`";
      this.#report(new WebhookError("in_progress", lost), args);
    } catch (thrown) {
      this.#report(thrown, args);
    }
  }

  #refuse(thrown: unknown, args: A): PlainAnswer {
    if (!WebhookError.is(thrown)) return this.#failure(thrown, args);
    const { onRefused } = this.#options;
    quietly(() => onRefused?.(thrown, ...args));
    // What is wrong on this side is to be seen where nobody asks for refusals.
    if (thrown.status >= 500) this.#report(thrown, args);
    return refusal(thrown);
  }

  #failure(thrown: unknown, args: A): PlainAnswer {
    this.#report(thrown, args);
    return refusal({ status: 500 });
  }

  #report(thrown: unknown, args: A): void {
    const { onError } = this.#options;
    quietly(() =>
      onError === undefined
        ? console.error(`postseal: ${described(thrown)}`)
        : onError(thrown, ...args),
    );
  }
}

function checked<A extends unknown[], L extends unknown[]>(
  options: HandlerOptions<A, L>,
): HandlerOptions<A, L> {
  const given = members(options, NAMES, "the handler's options");
  for (const name of FUNCTIONS) {
    const there = name === "onDelivery" || name in given;
    if (there && typeof given[name] !== "function") throw invalid(`\`${name}\` must be a function`);
  }
  if (!("dedupe" in given)) return given as never;
  const dedupe = members(given["dedupe"], DEDUPE, "`dedupe`");
  const { store, source } = dedupe;
  if (typeof store !== "function" && typeof member(store, "swap") !== "function") {
    throw invalid("`dedupe.store` must be a store, or a function that gives one");
  }
  if (typeof source !== "string") throw invalid("`dedupe.source` must name the endpoint");
  return bare({ ...given, dedupe }) as never;
}

async function storeOf<A extends unknown[]>(
  store: NonNullable<HandlerOptions<A>["dedupe"]>["store"],
  args: A,
) {
  if (typeof store !== "function") return store;
  try {
    return await store(...args);
  } catch (cause) {
    throw new WebhookError("store_unavailable", "`dedupe.store` failed", { cause });
  }
}

function patience(seconds: unknown): { retryAfterSeconds?: number } {
  return Number.isFinite(seconds) ? { retryAfterSeconds: seconds as number } : {};
}

/** Runs what others wrote, for nobody's answer: it may throw or reject as it likes. */
function quietly(run: () => unknown): void {
  try {
    Promise.resolve(run()).catch(() => {});
  } catch {
    // It is reported to nobody, since it was the report.
  }
}

/** An error's kind. Its text may quote what was secret or payload; our own texts never do. */
function described(thrown: unknown): string {
  if (WebhookError.is(thrown)) return `${thrown.code}: ${thrown.message}`;
  const kind: unknown = Object(thrown).constructor?.name;
  const named = typeof kind === "string" && /^\w{1,64}$/.test(kind);
  return `\`onDelivery\` failed (${named ? kind : "an error"}): \`onError\` gets the error itself`;
}

/**
 * By its name, which one of another realm has too; but Workers of before 2024-09-26 have none, and
 * Jest's jsdom has no class.
 */
function isResponse(value: unknown): value is Response {
  const named = Object.prototype.toString.call(value) === "[object Response]";
  return named || (typeof Response === "function" && value instanceof Response);
}

function invalid(message: string): WebhookError {
  return new WebhookError("invalid_config", message);
}
