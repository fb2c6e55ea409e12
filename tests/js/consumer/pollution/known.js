// The secrets and times of the pollution tests.

/** The time of the tests' clock. */
export const NOW = 1_700_000_000;
/** A day before. */
export const STALE = NOW - 86_400;
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/** What the attacker signs with. */
export const EVIL_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
export const KEY = "whenc_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
export const PAYLOAD = '{"amount":4200}';
