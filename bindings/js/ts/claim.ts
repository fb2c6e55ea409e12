// Accepting a delivery once: carries the core's decisions to a store, and the store's answers back.
import { bodyBytes } from "./body.js";
import { SCHEME } from "./delivery.js";
import { WebhookError } from "./error.js";
import { instance } from "./module.js";
import { members, numeric, record, seconds } from "./options.js";
import { member } from "./own.js";
import type { Claim, ClaimOptions, Delivery, Store } from "./types.js";

/** What the core wants written; the texts are opaque. */
interface Swap {
  readonly expected: string | null;
  readonly next: string;
  readonly ttlSeconds: number;
  readonly attempt: number;
}

/** One delivery's place in a store, and the terms of its claim. */
interface Place {
  readonly store: Store;
  readonly key: string;
  readonly lease: number | undefined;
  readonly retain: number | undefined;
  readonly now: number | undefined;
}

/**
 * Claims a delivery, so that its repeats are told apart. At-least-once: a handler that outlives its
 * lease, or dies between its effect and `done()`, lets another run. Throws `store_unavailable` or
 * `invalid_config`.
 */
export async function claim(
  store: Store,
  delivery: Delivery,
  options: ClaimOptions,
): Promise<Claim> {
  if (typeof member(store, "swap") !== "function") {
    throw invalid("the store must have a method `swap`");
  }
  const names = ["source", "leaseSeconds", "retainSeconds", "now"];
  const given = members(options, names, "the claim's options");
  const scheme = member(record(delivery, "the delivery") as { [SCHEME]?: string }, SCHEME);
  if (scheme === undefined) throw invalid("only what `receiver.open` gives can be claimed");
  const { source } = given;
  if (typeof source !== "string") throw invalid("`source` must be a string: name the endpoint");
  const lease = numeric(given["leaseSeconds"]);
  const retain = numeric(given["retainSeconds"]);
  const now = seconds(given["now"]);
  const { replayKey } = delivery;
  const payload = bodyBytes(delivery.payload);
  const begun = instance().call((core) =>
    core.claimBegin(source, scheme, replayKey, payload, lease, retain, now),
  );
  const [key, ...first] = begun.split("\0") as [string, ...string[]];
  return take({ store, key, lease, retain, now }, swapOf(first));
}

async function take(place: Place, first: Swap): Promise<Claim> {
  const { lease, retain, now } = place;
  let swap = first;
  for (let left = swapsMax(); left > 0; left -= 1) {
    const current = await swapped(place, swap);
    if (current === true) return held(place, swap.next, swap.attempt);
    const wanted = swap.next;
    const answer = instance().call((core) =>
      core.claimDecide(lease, retain, wanted, current ?? undefined, now),
    );
    const [decision, ...fields] = answer.split("\0") as [string, ...string[]];
    if (decision === "swap") swap = swapOf([decision, ...fields]);
    else if (decision === "new") return held(place, fields[0] as string, Number(fields[1]));
    else if (decision === "in_progress")
      return { outcome: decision, retryAfterSeconds: Number(fields[0]) };
    else return { outcome: decision as "duplicate" | "conflict" };
  }
  throw unusable("the store's value changed in every round");
}

function held(place: Place, text: string, attempt: number): Claim {
  let current = text;
  const change = async (kind: "done" | "failed" | "renew"): Promise<"ok" | "lost"> => {
    const next = await changed(place, kind, current);
    if (next === null) return "lost";
    if (kind === "renew") current = next;
    return "ok";
  };
  return {
    outcome: "new",
    attempt,
    done: () => change("done"),
    failed: () => change("failed"),
    renew: () => change("renew"),
  };
}

/** The text that stands in the store after a holder's change, or null where the claim is lost. */
async function changed(place: Place, kind: string, text: string): Promise<string | null> {
  const { lease, retain } = place;
  // A lease is renewed from this moment on, whatever `now` the claim began with.
  const change = instance().call((core) => core.claimChange(lease, retain, kind, text));
  let swap = swapOf(change.split("\0"));
  for (let left = swapsMax(); left > 0; left -= 1) {
    const current = await swapped(place, swap);
    if (current === true) return swap.next;
    const wanted = swap.next;
    const answer = instance().call((core) =>
      core.claimSettle(lease, retain, wanted, current ?? undefined),
    );
    if (answer === "ok") return swap.next;
    if (answer === "lost") return null;
    swap = swapOf(answer.split("\0"));
  }
  throw unusable("the store's value changed in every round");
}

/**
 * True, or the text that stands there instead. What a store throws is its own affair, and the
 * cause.
 */
async function swapped(place: Place, swap: Swap): Promise<true | string | null> {
  let answer: Partial<Awaited<ReturnType<Store["swap"]>>> | undefined;
  try {
    answer = await place.store.swap(place.key, swap.expected, swap.next, swap.ttlSeconds);
  } catch (cause) {
    throw unusable("the store did not answer", { cause });
  }
  const made = member(answer, "swapped");
  if (made === true) return true;
  const current = member(answer, "current");
  if (made === false && (current === null || typeof current === "string")) return current;
  throw unusable("the store's answer is not { swapped, current }");
}

function swapOf(fields: readonly string[]): Swap {
  const [, expected, next, ttl, attempt] = fields as [string, string, string, string, string];
  return { expected: expected || null, next, ttlSeconds: Number(ttl), attempt: Number(attempt) };
}

function swapsMax(): number {
  return instance().call((core) => core.claimSwapsMax());
}

function unusable(message: string, options?: { cause: unknown }): WebhookError {
  return new WebhookError("store_unavailable", message, options);
}

function invalid(message: string): WebhookError {
  return new WebhookError("invalid_config", message);
}
