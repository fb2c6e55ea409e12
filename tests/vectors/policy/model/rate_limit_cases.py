"""The model of rate limits and its cases: a bucket that leaks, counted in exact fractions.

The crate keeps one instant. The model keeps a level, in requests, and lets it leak with the time
that has passed, which is the same algorithm in its other form (ITU-T I.371, annex A).
"""

from fractions import Fraction
from math import ceil

ABOUT = (
    "Rate limits: sequences of hits on one key, in microseconds. A step is what the rule says to "
    "each, given the state that the steps before have left; at the start it is the input's `tat`."
)
DESIGN = "design: section 4, rate limits"
HOSTILE = "design: hostile"
SECOND = 10**6
START = 1700000000 * SECOND


class Bucket:
    def __init__(self, requests, per_seconds, tat):
        self.requests = requests
        self.emission = ceil(Fraction(per_seconds * SECOND, requests))
        self.level, self.at = Fraction(0), None
        if tat is not None:
            self.level, self.at = Fraction(tat, self.emission), 0

    def hit(self, now):
        level = self.level
        if self.at is not None:
            level = max(Fraction(0), level - Fraction(now - self.at, self.emission))
        if level + 1 <= self.requests:
            self.level, self.at = level + 1, now
            ahead = int(self.level * self.emission)
            return {"tat": now + ahead, "expiresInSeconds": ceil(Fraction(ahead, SECOND))}
        wait = min(level + 1 - self.requests, self.requests) * self.emission
        return {"retryAfterSeconds": ceil(wait / SECOND)}


def expected(given):
    if not (1 <= given["requests"] <= 10**6 and 1 <= given["perSeconds"] <= 86400):
        return {"code": "invalid_config"}
    bucket = Bucket(given["requests"], given["perSeconds"], given["tat"])
    return {
        "emissionMicros": bucket.emission,
        "burstMicros": bucket.emission * given["requests"],
        "steps": [bucket.hit(now) for now in given["hits"]],
    }


def case(name, requests, per_seconds, hits, source=DESIGN, tat=None):
    given = {"requests": requests, "perSeconds": per_seconds, "tat": tat, "hits": hits}
    name = f"rate_limit_{name}"
    return {"name": name, "input": given, "expect": expected(given), "source": source}


def at(*seconds):
    return [START + int(Fraction(second) * SECOND) for second in seconds]


def rules():
    for name, requests, per_seconds in [
        ("requests_0", 0, 60), ("requests_1", 1, 60), ("requests_largest", 10**6, 60),
        ("requests_too_many", 10**6 + 1, 60), ("requests_largest_number", 2**32 - 1, 60),
        ("per_seconds_0", 10, 0), ("per_seconds_1", 10, 1), ("per_seconds_longest", 10, 86400),
        ("per_seconds_too_long", 10, 86401), ("per_seconds_largest_number", 10, 2**32 - 1),
        ("fastest", 10**6, 1), ("slowest", 1, 86400), ("thirds", 3, 1), ("sevenths", 7, 60),
        ("rounds_by_half", 700000, 1), ("rounds_up_from_just_over_1", 999999, 1),
        ("longest_burst", 999999, 86400),
    ]:
        yield case(f"rule_{name}", requests, per_seconds, at(0, 0))


def sequences():
    yield case("burst_then_refused", 5, 10, at(*[0] * 8))
    yield case("burst_of_one", 1, 10, at(0, 0, 5, "9.999999", 10, 10))
    yield case("steady_at_the_rate", 5, 10, at(*range(0, 40, 2)))
    yield case("steady_after_burst", 5, 10, at(*[0] * 5, *range(2, 20, 2)))
    yield case("twice_the_rate", 5, 10, at(*range(30)))
    yield case("one_micro_before_and_at", 5, 10, at(*[0] * 5, "1.999999", 2, 2, "3.999999", 4))
    yield case("refused_changes_nothing", 2, 10, at(0, 0, *[1] * 5, *[4] * 5, "4.999999", 5, 5))
    hammering = at(*[Fraction(n, 100) for n in range(101)])
    yield case("hammering_does_not_prolong", 1, 1, hammering)
    yield case("refills_while_idle", 3, 3, at(0, 0, 0, 0, 2, 2, 2, 10, 10, 10, 10))
    yield case("partly_refilled", 4, 4, at(0, 0, 0, 0, "1.5", "1.5", "2.5", "2.5"))
    thirds = [0, 0, 0, 0, 333333, 333334, 333334, 666667, 666668, 1000002]
    yield case("rounding_thirds", 3, 1, [START + offset for offset in thirds])
    yield case("rounding_sevenths", 7, 60, at(*[0] * 8, 8, "8.571428", "8.571429", 17, "17.142858"))
    yield case("rounding_up_to_two_micros", 999999, 1, [START, START + 1, START + 2])
    yield case("one_micro_apart", 10**6, 1, [START + offset for offset in range(6)])
    waits = at(0, "0.000001", "8.999999", 9, "9.000001", "9.999999")
    yield case("retry_after_rounds_up", 1, 10, waits)
    yield case("expiry_rounds_up", 3, 1, at(0, "0.333335", "0.333335"))
    yield case("huge_gap", 2, 10, [0, 0, 0, START, START, START, 2**53 - 10**12, 2**53 - 10**12])
    yield case("clock_of_zero", 2, 10, [0, 0, 0, 5 * SECOND])
    yield case("a_day_apart", 1, 86400, at(0, 1, "86399.999999", 86400, 86401))


def states():
    now = START
    for name, tat in {
        "in_the_past": now - 1, "long_past": 0, "now": now, "in_1_micro": now + 1,
        "leaves_room_for_one": now + 8 * SECOND, "one_micro_too_far": now + 8 * SECOND + 1,
        "full": now + 10 * SECOND, "beyond_full": now + 10 * SECOND + 1,
    }.items():
        yield case(f"state_{name}", 5, 10, [now, now], tat=tat)
    yield case("state_beyond_full_waits_for_expiry", 5, 10, [now], HOSTILE, tat=now + 20 * SECOND)
    yield case("state_in_nanoseconds", 5, 10, [now], HOSTILE, tat=2**53 - 1)


def clock_goes_back():
    yield case("clock_back_1_second", 5, 10, at(0, 0, -1, -1, -1, -1, -1, 0, 1, 2), HOSTILE)
    yield case("clock_back_1_hour", 5, 10, at(0, -3600, -3600, -10, -9, -8, -2, 0, 2), HOSTILE)
    yield case("clock_back_to_zero", 5, 10, [START, 0, 1, START, START], HOSTILE)
    yield case("clock_ahead_and_back", 2, 10, at(0, 86400, 0, 10, 86399, 86400, 86405), HOSTILE)


def window_bound():
    """As many as possible in a window: a full burst at its start, then each as soon as it may."""
    for requests, per_seconds in [(3, 9), (4, 1), (7, 2)]:
        emission = ceil(Fraction(per_seconds * SECOND, requests))
        hits = [START] * (requests + 1)
        for turn in range(1, 2 * requests):
            hits += [START + turn * emission - 1, START + turn * emission]
        yield case(f"window_bound_{requests}_per_{per_seconds}", requests, per_seconds, hits)


def cases():
    for part in (rules, sequences, states, clock_goes_back, window_bound):
        yield from part()
