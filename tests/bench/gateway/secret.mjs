// What every contestant is given: the signing secret, and where requests come in.

/** The native program has the same. */
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const PATH = "/hooks/orders";
