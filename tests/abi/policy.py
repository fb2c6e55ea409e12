"""Runs a case of the vectors of the policies, as far as the module offers the operations."""

import base64

from scripted import expect_equal, expect_members, flat, grouped
from vectors import answer_or_code

NOW = 1700000000
NAMES = {
    "replayKey": "replay_key",
    "leaseSeconds": "lease_seconds",
    "retainSeconds": "retain_seconds",
    "maxAttempts": "max_attempts",
    "retryAfter": "retry_after",
    "perSeconds": "per_seconds",
}
SAME = ["source", "scheme", "wanted", "current", "held", "now", "attempt", "status", "requests"]
FACTS = {
    "decision": ("decision", bytes.decode),
    "expected": ("expected", bytes.decode),
    "next": ("next", bytes.decode),
    "held": ("held", bytes.decode),
    "ttl_seconds": ("ttlSeconds", int),
    "attempt": ("attempt", int),
    "retry_after_seconds": ("retryAfterSeconds", int),
    "delay_ms": ("delayMs", int),
    "tat": ("tat", int),
    "expires_in_seconds": ("expiresInSeconds", int),
    "key": ("key", bytes.decode),
}


def options_of(given, apart):
    """The options that stand in the input. `apart` go another way, and null is absent."""
    expect_members("input", given, apart, [*NAMES, *SAME])
    return flat((NAMES.get(name, name), value) for name, value in given.items()
                if name not in apart and value is not None)


def answered(host, name, options, body=None):
    """The facts in the form of the vectors."""
    facts, headers = host.call(name, options=options, body=body)
    expect_equal("headers", headers, [])
    facts = grouped(facts)
    expect_members("facts", facts, ["decision"], FACTS)
    for fact, values in facts.items():
        expect_equal(f"times that the fact {fact} stands", len(values), 1)
    return {FACTS[fact][0]: FACTS[fact][1](values[0]) for fact, values in facts.items()}


def swapped(host, name, options, body=None):
    """The same for a claim, where `expected` is null in a swap that expects nothing."""
    got = answered(host, name, options, body)
    return {"expected": None, **got} if got["decision"] == "swap" else got


def subject(host, given):
    """The digest is the fourth part of what is swapped. Only these vectors look into that text."""
    host.entropy[:] = [bytes(range(1, 17))]
    options = [*options_of(given, ["payload"]), "now", NOW]
    got = answered(host, "claim_begin", options, given["payload"].encode())
    digest = got["next"].split(":")[3]
    return {"key": got["key"], "digest": None if digest == "-" else digest}


def begin(host, given):
    host.entropy[:] = [base64.b64decode(given["token"])]
    options = options_of(given, ["payload", "token"])
    got = swapped(host, "claim_begin", options, given["payload"].encode())
    expect_equal("start of the key", got.pop("key")[:18], "postseal:claim:v1:")
    return got


def change(name):
    def run(host, given):
        return swapped(host, "claim_change", ["change", name, *options_of(given, [])])

    return run


CLAIM = {
    "subject": subject,
    "begin": begin,
    "decide": lambda host, given: swapped(host, "claim_decide", options_of(given, [])),
    "done": change("done"),
    "failed": change("failed"),
    "renew": change("renew"),
    "settle": lambda host, given: swapped(host, "claim_settle", options_of(given, [])),
}
CLAIM_EXPECT = [
    "code", "key", "digest", "decision", "expected", "next", "ttlSeconds", "attempt", "held",
    "retryAfterSeconds",
]


def claim(host, case):
    expect_members("case", case, ["name", "operation", "input", "expect", "source"])
    expect_members("expect", case["expect"], [], CLAIM_EXPECT)
    host.asked.clear()
    operation = CLAIM[case["operation"]]
    expect_equal("answer", answer_or_code(operation, host, case["input"]), case["expect"])
    asked = [one for one in host.asked if one != ("random_get", 16)]
    expect_equal("what else was asked of the host", asked, [])
    host.entropy.clear()


def retried(host, given):
    host.entropy[:] = [given["entropy"].to_bytes(4, "little")]
    got = answered(host, "next_attempt", options_of(given, ["entropy"]))
    if got["decision"] == "retry":
        return {"delayMs": got["delayMs"]} if len(got) == 2 else got
    return {"outcome": got["decision"]} if len(got) == 1 else got


def retry(host, case):
    expect_members("case", case, ["name", "input", "expect", "source"])
    expect_members("expect", case["expect"], [], ["code", "delayMs", "outcome"])
    expect_equal("answer", answer_or_code(retried, host, case["input"]), case["expect"])
    host.entropy.clear()


def limited(host, given):
    """Every hit in turn, each with the state that the one before has left."""
    rule, tat, steps = options_of(given, ["tat", "hits"]), given["tat"], []
    for now in given["hits"]:
        state = [] if tat is None else ["tat", tat]
        got = answered(host, "rate_limit", [*rule, *state, "now_micros", now])
        wanted = {"admit": ["expiresInSeconds", "tat"], "refuse": ["retryAfterSeconds"]}
        expect_equal("facts", sorted(set(got) - {"decision"}), wanted[got.pop("decision")])
        tat = got.get("tat", tat)
        steps.append(got)
    return {"steps": steps}


def rate_limit(host, case):
    """`emissionMicros` and `burstMicros` are inner numbers: the module gives out neither."""
    expect_members("case", case, ["name", "input", "expect", "source"])
    inner = ["emissionMicros", "burstMicros"]
    expect_members("expect", case["expect"], [], ["code", "steps", *inner])
    wanted = {name: value for name, value in case["expect"].items() if name not in inner}
    expect_equal("answer", answer_or_code(limited, host, case["input"]), wanted)
