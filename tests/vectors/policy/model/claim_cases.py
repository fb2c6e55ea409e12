"""The cases of claims: every state against every operation, and both sides of each edge."""

import base64
import hashlib

from claim_model import DAY, NOW_RANGE, YEAR, base64url, expected, write

ABOUT = (
    "Claims: the key, the texts of a store, and what a worker is to swap. "
    "`decision` is what is to be done, `code` a refusal."
)
DESIGN = "design: section 4, accepting once"
HOSTILE = "design: hostile"
NOW = 1700000000
ZERO_TOKEN = bytes(16)


def sixteen(label):
    return hashlib.sha256(f"postseal policy vectors {label}".encode()).digest()[:16]


OURS, THEIRS = base64url(sixteen("ours")), base64url(sixteen("theirs"))
SAME, OTHER = base64url(sixteen("payload")), base64url(sixteen("other payload"))


def case(name, operation, given, source=DESIGN):
    return {
        "name": f"claim_{name}",
        "operation": operation,
        "input": given,
        "expect": expected(operation, given),
        "source": source,
    }


def named(source="orders", scheme="standard", replay_key="evt_1", payload="{}"):
    return {"source": source, "scheme": scheme, "replayKey": replay_key, "payload": payload}


def subjects():
    def one(name, written_in=DESIGN, **given):
        return case(f"subject_{name}", "subject", named(**given), written_in)

    yield one("plain")
    for scheme in ["x-webhook", "stripe", "github", "slack", "shopify"]:
        yield one(f"scheme_{scheme.replace('-', '_')}", scheme=scheme)
    yield one("payload_empty", payload="")
    yield one("payload_other", payload="{ }")
    yield one("payload_not_ascii", payload="héllo ☃")
    yield one("replay_key_hash", replay_key="sha256:" + "0123456789abcdef" * 4)
    yield one("source_not_ascii", source="bestellungen-äöü")
    yield one("boundary_source_longer", HOSTILE, source="ab", replay_key="c")
    yield one("boundary_replay_key_longer", HOSTILE, source="a", replay_key="bc")
    yield one("source_empty", HOSTILE, source="")
    yield one("source_one_byte", source="a")
    yield one("source_longest", source="a" * 256)
    yield one("source_too_long", HOSTILE, source="a" * 257)
    yield one("source_too_long_in_bytes", HOSTILE, source="ä" * 128 + "a")
    yield one("replay_key_empty", HOSTILE, replay_key="")
    yield one("replay_key_longest", replay_key="k" * 256)
    yield one("replay_key_too_long", HOSTILE, replay_key="k" * 257)


TERMS = {
    "default": {},
    "lease_0": {"leaseSeconds": 0},
    "lease_1": {"leaseSeconds": 1},
    "lease_longest": {"leaseSeconds": DAY},
    "lease_too_long": {"leaseSeconds": DAY + 1},
    "retain_0": {"leaseSeconds": 1, "retainSeconds": 0},
    "retain_1": {"leaseSeconds": 1, "retainSeconds": 1},
    "retain_longest": {"retainSeconds": YEAR},
    "retain_too_long": {"retainSeconds": YEAR + 1},
    "retain_equals_lease": {"leaseSeconds": 90, "retainSeconds": 90},
    "retain_shorter_than_lease": {"leaseSeconds": 90, "retainSeconds": 89},
    "retain_shorter_than_default_lease": {"retainSeconds": 59},
    "lease_and_retain_longest": {"leaseSeconds": DAY, "retainSeconds": YEAR},
    "lease_largest_number": {"leaseSeconds": 2**32 - 1, "retainSeconds": 2**32 - 1},
}


def begins():
    token = {"token": base64.b64encode(sixteen("ours")).decode()}
    for name, terms in TERMS.items():
        yield case(f"begin_{name}", "begin", {**named(), **token, **terms, "now": NOW})
    for name, now in {"earliest": NOW_RANGE[0], "latest": NOW_RANGE[-1]}.items():
        yield case(f"begin_now_{name}", "begin", {**named(), **token, "now": now})
    github = {**named(scheme="github"), **token, "now": NOW}
    yield case("begin_without_digest", "begin", github)
    for name, value in {
        "zero": ZERO_TOKEN,
        "last_bit": ZERO_TOKEN[:15] + b"\x01",
        "all_ones": b"\xff" * 16,
    }.items():
        given = {**named(), "token": base64.b64encode(value).decode(), "now": NOW}
        yield case(f"begin_token_{name}", "begin", given, HOSTILE)


def states(digest):
    """Every state that the store can be in, by name, with another claim's token."""
    pending = {
        "pending_fresh": NOW + 60,
        "pending_lease_ends_in_1": NOW + 1,
        "pending_lease_ends_now": NOW,
        "pending_lease_ended_1_ago": NOW - 1,
        "pending_lease_ended_long_ago": NOW_RANGE[0] + 1,
        "pending_lease_ends_in_a_day": NOW + DAY,
        "pending_lease_ends_after_a_day": NOW + DAY + 1,
        "pending_lease_end_latest": NOW_RANGE[-1] + DAY,
    }
    for name, lease_end in pending.items():
        yield name, write("pending", THEIRS, digest, 1, lease_end)
    yield "pending_live_attempt_7", write("pending", THEIRS, digest, 7, NOW + 60)
    yield "pending_lapsed_attempt_7", write("pending", THEIRS, digest, 7, NOW - 60)
    yield "pending_lapsed_attempt_largest", write("pending", THEIRS, digest, 2**32 - 1, NOW)
    longest = write("pending", THEIRS, digest, 2**32 - 1, NOW_RANGE[-1] + DAY)
    yield "pending_longest_text", longest
    yield "pending_ours_live", write("pending", OURS, digest, 3, NOW + 1)
    yield "pending_ours_lapsed", write("pending", OURS, digest, 3, NOW)
    yield "failed", write("failed", THEIRS, digest, 1)
    yield "failed_attempt_9", write("failed", THEIRS, digest, 9)
    yield "failed_attempt_largest", write("failed", THEIRS, digest, 2**32 - 1)
    yield "failed_ours", write("failed", OURS, digest, 2)
    yield "done", write("done", THEIRS, digest)
    yield "done_ours", write("done", OURS, digest)


DIGESTS = {
    "same_digest": (SAME, SAME),
    "other_digest": (SAME, OTHER),
    "digest_not_stored": (SAME, None),
    "digest_not_ours": (None, SAME),
    "no_digests": (None, None),
}


def decides():
    def one(name, wanted, current, source=DESIGN, now=NOW, **terms):
        given = {"wanted": wanted, "current": current, "now": now, **terms}
        return case(f"decide_{name}", "decide", given, source)

    wanted = write("pending", OURS, SAME, 1, NOW + 60)
    for digests, (ours, theirs) in DIGESTS.items():
        mine = write("pending", OURS, ours, 1, NOW + 60)
        for name, current in states(theirs):
            yield one(f"{name}_{digests}", mine, current)
    yield one("absent", wanted, None)
    yield one("absent_without_digest", write("pending", OURS, None, 1, NOW + 60), None)
    yield one("absent_after_a_later_attempt", write("pending", OURS, SAME, 4, NOW + 60), None)
    failed = write("failed", THEIRS, SAME, 1)
    yield one("other_terms", wanted, failed, leaseSeconds=5, retainSeconds=10)
    yield one("terms_refused", wanted, failed, leaseSeconds=0)
    live = write("pending", THEIRS, SAME, 1, NOW + 60)
    yield one("clock_went_back", wanted, live, now=NOW - 100)
    yield one("clock_went_back_to_earliest", wanted, live, HOSTILE, now=NOW_RANGE[0])
    yield one("clock_went_ahead_to_latest", wanted, live, HOSTILE, now=NOW_RANGE[-1])
    for name, text in unreadable():
        yield one(f"unreadable_{name}", wanted, text, HOSTILE)
    for name, text in unreadable():
        if name in ("empty", "json", "no_lease_end", "wrong_version"):
            yield one(f"wanted_{name}", text, None, HOSTILE)
    yield one("wanted_done", write("done", OURS, SAME), None, HOSTILE)
    yield one("wanted_failed", write("failed", OURS, SAME, 1), None, HOSTILE)
    yield one("wanted_and_current_unreadable", "", "", HOSTILE)


def unreadable():
    """Texts that no claim writes. None of them may count as absent."""
    good = write("pending", THEIRS, SAME, 1, NOW)
    prefix = f"v1:pending:{THEIRS}:{SAME}"
    yield "empty", ""
    yield "null", "null"
    yield "one", "1"
    yield "done_alone", "done"
    yield "json", '{"state":"done"}'
    yield "not_ascii", good.replace("pending", "pendıng")
    yield "nul_byte", good + "\0"
    yield "final_newline", good + "\n"
    yield "leading_space", " " + good
    yield "wrong_version", "v2" + good[2:]
    yield "version_leading_zero", "v01" + good[2:]
    yield "upper_case_version", "V1" + good[2:]
    yield "upper_case_state", good.replace("pending", "PENDING")
    yield "unknown_state", good.replace("pending", "held")
    yield "state_empty", good.replace("pending", "")
    yield "version_alone", "v1"
    yield "done_without_fields", "v1:done"
    yield "done_without_digest", f"v1:done:{THEIRS}"
    yield "done_with_attempt", f"v1:done:{THEIRS}:{SAME}:1"
    yield "done_with_empty_field", f"v1:done:{THEIRS}:{SAME}:"
    yield "failed_without_attempt", f"v1:failed:{THEIRS}:{SAME}"
    yield "failed_with_lease_end", f"v1:failed:{THEIRS}:{SAME}:1:{NOW}"
    yield "no_lease_end", f"{prefix}:1"
    yield "extra_field", good + ":1"
    yield "token_empty", f"v1:done::{SAME}"
    yield "token_absent_mark", f"v1:done:-:{SAME}"
    yield "token_short", f"v1:done:{THEIRS[1:]}:{SAME}"
    yield "token_long", f"v1:done:{THEIRS}A:{SAME}"
    yield "token_padded", f"v1:done:{THEIRS}==:{SAME}"
    yield "token_trailing_bits", f"v1:done:{THEIRS[:-1]}B:{SAME}"
    yield "token_standard_alphabet", f"v1:done:{'+/' * 10}+A:{SAME}"
    yield "digest_empty", f"v1:done:{THEIRS}:"
    yield "digest_two_marks", f"v1:done:{THEIRS}:--"
    yield "digest_short", f"v1:done:{THEIRS}:{SAME[1:]}"
    yield "digest_trailing_bits", f"v1:done:{THEIRS}:{SAME[:-1]}B"
    for name, attempt in {
        "zero": "0",
        "empty": "",
        "leading_zero": "01",
        "negative": "-1",
        "plus": "+1",
        "fraction": "1.0",
        "space": " 1",
        "too_large": "4294967296",
        "thirty_digits": "9" * 30,
        "not_ascii_digit": "١",
    }.items():
        yield f"attempt_{name}", f"{prefix}:{attempt}:{NOW}"
        if name in ("zero", "too_large"):
            yield f"failed_attempt_{name}", f"v1:failed:{THEIRS}:{SAME}:{attempt}"
    for name, lease_end in {
        "zero": "0",
        "empty": "",
        "leading_zero": f"0{NOW}",
        "negative": f"-{NOW}",
        "before_earliest": str(NOW_RANGE[0]),
        "after_latest": str(NOW_RANGE[-1] + DAY + 1),
        "milliseconds": f"{NOW}000",
        "thirty_digits": "9" * 30,
    }.items():
        yield f"lease_end_{name}", f"{prefix}:1:{lease_end}"
    yield "ten_thousand_bytes", "v1:done:" + "A" * 10000


def holders():
    held = {
        "attempt_1": write("pending", OURS, SAME, 1, NOW + 60),
        "attempt_largest": write("pending", OURS, SAME, 2**32 - 1, NOW + 60),
        "without_digest": write("pending", OURS, None, 2, NOW + 60),
        "lapsed": write("pending", OURS, SAME, 1, NOW - 1000),
    }
    not_held = {
        "done": write("done", OURS, SAME),
        "failed": write("failed", OURS, SAME, 1),
        "empty": "",
        "unreadable": "v1:pending",
    }
    for operation in ("done", "failed", "renew"):
        now = {"now": NOW} if operation == "renew" else {}
        for name, text in held.items():
            yield case(f"{operation}_{name}", operation, {"held": text, **now})
        for name, text in not_held.items():
            yield case(f"{operation}_held_is_{name}", operation, {"held": text, **now}, HOSTILE)
        terms = {"leaseSeconds": 7, "retainSeconds": 11}
        given = {"held": held["attempt_1"], **now, **terms}
        yield case(f"{operation}_other_terms", operation, given)
        given = {"held": held["attempt_1"], **now, "leaseSeconds": 0}
        yield case(f"{operation}_terms_refused", operation, given)
    for name, now in {
        "after_1_second": NOW + 1,
        "at_lease_end": NOW + 60,
        "after_lease_end": NOW + 61,
        "clock_went_back": NOW - 1,
        "clock_went_back_to_earliest": NOW_RANGE[0],
        "clock_went_ahead_to_latest": NOW_RANGE[-1],
    }.items():
        yield case(f"renew_{name}", "renew", {"held": held["attempt_1"], "now": now})


def settles():
    def one(name, wanted, current, source=DESIGN, **terms):
        given = {"wanted": wanted, "current": current, **terms}
        return case(f"settle_{name}", "settle", given, source)

    wanted = {
        "done": write("done", OURS, SAME),
        "failed": write("failed", OURS, SAME, 3),
        "renew": write("pending", OURS, SAME, 3, NOW + 30),
    }
    for operation, text in wanted.items():
        yield one(f"{operation}_answer_lost", text, text)
        yield one(f"{operation}_absent", text, None)
        for name, current in states(SAME):
            if current != text:
                yield one(f"{operation}_finds_{name}", text, current)
        longer = write("pending", OURS, SAME, 3, NOW + 90)
        yield one(f"{operation}_finds_longer_renewal", text, longer)
        shorter = write("pending", OURS, SAME, 3, NOW + 10)
        yield one(f"{operation}_finds_shorter_renewal", text, shorter)
        yield one(f"{operation}_other_terms", text, longer, leaseSeconds=7, retainSeconds=11)
        yield one(f"{operation}_finds_unreadable", text, "null", HOSTILE)
        yield one(f"{operation}_finds_empty", text, "", HOSTILE)
    yield one("wanted_empty", "", None, HOSTILE)
    yield one("wanted_unreadable", "v1:done", write("done", OURS, SAME), HOSTILE)
    yield one("wanted_and_current_unreadable", "v1:done", "v1:done", HOSTILE)
    yield one("terms_refused", wanted["done"], None, leaseSeconds=0)


def cases():
    for part in (subjects, begins, decides, holders, settles):
        yield from part()
