"""The model of alerts and its cases: events are counted in a bucket that leaks, in exact fractions.

The crate asks its rate limit. The model keeps a level of its own, as `rate_limit_cases` does, and
the list of all alerts that it has given.
"""

from fractions import Fraction
from math import ceil

ABOUT = (
    "Alerts: sequences of events of one kind in one place, in Unix seconds. A step is what the rule "
    "says to each: null, or the number of events since the last alert."
)
DESIGN = "design: alerts of the gateway"
HOSTILE = "design: hostile"
START = 1700000000


class Watch:
    def __init__(self, threshold, window, interval):
        self.threshold, self.interval = threshold, interval
        self.emission = ceil(Fraction(window * 10**6, threshold)) if threshold else None
        self.level, self.at = Fraction(0), None
        self.alerts, self.events, self.told = [], 0, 0

    def over(self, now):
        if self.threshold == 0:
            return True
        level = self.level
        if self.at is not None:
            level -= Fraction((now - self.at) * 10**6, self.emission)
        level = max(Fraction(0), level)
        if level + 1 > self.threshold:
            return True
        self.level, self.at = level + 1, now
        return False

    def event(self, now):
        self.events += 1
        if not self.over(now):
            return None
        if self.alerts and 0 <= now - self.alerts[-1] < self.interval:
            return None
        self.alerts.append(now)
        count, self.told = self.events - self.told, self.events
        return count


def expected(given):
    bounds = [given["windowSeconds"], given["intervalSeconds"]]
    if not 0 <= given["threshold"] <= 10**6 or not all(1 <= each <= 86400 for each in bounds):
        return {"code": "invalid_config"}
    watch = Watch(given["threshold"], given["windowSeconds"], given["intervalSeconds"])
    return {"steps": [watch.event(now) for now in given["events"]]}


def case(name, threshold, window, interval, events, source=DESIGN):
    given = {
        "threshold": threshold,
        "windowSeconds": window,
        "intervalSeconds": interval,
        "events": [START + second for second in events],
    }
    return {"name": f"alert_{name}", "input": given, "expect": expected(given), "source": source}


def cases():
    yield case("threshold_reached_is_quiet", 3, 60, 900, [0, 0, 0])
    yield case("threshold_passed", 3, 60, 900, [0, 0, 0, 0])
    yield case("slow_events_are_quiet", 3, 60, 900, range(0, 600, 20))
    yield case("a_little_faster_is_an_alert_some_time", 3, 60, 900, range(0, 600, 15))
    yield case("each_counts", 0, 60, 900, [0])
    yield case("each_counts_once_in_the_interval", 0, 60, 900, [0, 1, 899, 900, 901])
    yield case("interval_ends", 1, 60, 100, [0, 0, 50, 99, 100, 101])
    yield case("storm_counts_what_was_not_said", 1, 60, 60, [0] * 50 + [60])
    yield case("quiet_after_a_storm", 2, 60, 60, [0] * 10 + [600, 601])
    yield case("window_of_a_day", 2, 86400, 86400, [0, 1, 2, 86399, 86402])
    yield case("one_second", 1, 1, 1, [0, 0, 1, 1, 2])
    yield case("clock_goes_back", 0, 60, 900, [1000, 10, 11, 1000], HOSTILE)
    yield case("clock_goes_back_under_a_threshold", 1, 60, 900, [1000, 1000, 10, 11], HOSTILE)
    yield case("highest_threshold", 10**6, 1, 1, [0, 0])
    yield case("threshold_too_high", 10**6 + 1, 60, 900, [0])
    yield case("no_window", 1, 0, 900, [0])
    yield case("window_too_long", 1, 86401, 900, [0])
    yield case("no_interval", 1, 60, 0, [0])
    yield case("interval_too_long", 1, 60, 86401, [0])
