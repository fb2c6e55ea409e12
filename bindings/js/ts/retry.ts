// The retry policy: what follows an attempt.
import { instance } from "./module.js";
import { members, numeric } from "./options.js";
import type { SendResult } from "./types.js";

type Next =
  { retry: true; delaySeconds: number } | { retry: false; outcome: SendResult["outcome"] };

/**
 * What follows attempt number `attempt` (from 1) that got `status` (null: no answer). For those who
 * have a queue of their own.
 */
export function nextAttempt(input: {
  attempt: number;
  status: number | null;
  retryAfter?: string | null;
  maxAttempts?: number;
}): Next {
  const names = ["attempt", "status", "retryAfter", "maxAttempts"];
  const given = members(input, names, "the attempt") as Partial<typeof input>;
  return decide(given.attempt, given.status, given.retryAfter ?? null, given.maxAttempts);
}

/** The same, for the sender's own loop. */
export function decide(
  made: number | undefined,
  answered: number | null | undefined,
  retryAfterText: string | null,
  attemptsMax: number | undefined,
): Next {
  const attempt = numeric(made) ?? Number.NaN;
  const status = numeric(answered ?? undefined);
  const retryAfter = typeof retryAfterText === "string" ? retryAfterText : undefined;
  const maxAttempts = numeric(attemptsMax);
  const answer = instance().call((core) =>
    core.nextAttempt(attempt, status, retryAfter, maxAttempts),
  );
  const [outcome, delayMs] = answer.split("\0") as ["retry" | SendResult["outcome"], string?];
  if (outcome === "retry") return { retry: true, delaySeconds: Number(delayMs) / 1000 };
  return { retry: false, outcome };
}
