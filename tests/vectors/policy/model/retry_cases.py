"""The model of retries and its cases. `delayMs` is a retry, `outcome` an end, `code` a refusal."""

import datetime
import re

ABOUT = "Retries: when to send again, by attempt, status, `Retry-After` and 32 random bits."
DESIGN = "design: section 4, sending"
RFC = "RFC 9110, sections 5.6.7 and 10.2.3"
HOSTILE = "design: hostile"
NOW = 1700000000  # Tue, 14 Nov 2023 22:13:20 GMT
HALF, LAST = 2**31, 2**32 - 1
CAP_MS = 3600 * 1000
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
EPOCH = datetime.datetime(1970, 1, 1)


def date_seconds(text):
    match = DATE.fullmatch(text)
    if not match:
        return None
    day_name, day, month, year, hour, minute, second = match.groups()
    try:
        leap_second = int(second == "60")
        date = datetime.datetime(
            int(year), MONTHS.index(month) + 1, int(day),
            int(hour), int(minute), int(second) - leap_second,
        )
    except ValueError:
        return None
    if DAYS[date.weekday()] != day_name:
        return None
    return int((date - EPOCH).total_seconds()) + leap_second


def told_ms(text, now):
    text = (text or "").strip(" \t")
    if len(text.encode()) > 64:
        return 0
    if re.fullmatch("[0-9]+", text):
        seconds = int(text)
    else:
        date = date_seconds(text)
        seconds = 0 if date is None else max(0, date - now)
    return min(seconds * 1000, CAP_MS)


def expected(given):
    attempts_max = given.get("maxAttempts", 8)
    if given["attempt"] < 1 or not 1 <= attempts_max <= 100:
        return {"code": "invalid_config"}
    status = given["status"]
    if status is not None and status // 100 == 2:
        return {"outcome": "delivered"}
    if status in (410, 413):
        return {"outcome": {410: "gone", 413: "refused"}[status]}
    if given["attempt"] >= attempts_max:
        return {"outcome": "exhausted"}
    ceiling = min(CAP_MS, 1000 * 2 ** (given["attempt"] - 1))
    delay = ceiling * given["entropy"] // 2**32
    return {"delayMs": max(delay, told_ms(given["retryAfter"], given["now"]))}


def case(
    name, source=DESIGN, attempt=1, status=503, retry_after=None, entropy=HALF, now=NOW, **more
):
    given = {
        "attempt": attempt,
        "status": status,
        "retryAfter": retry_after,
        **more,
        "now": now,
        "entropy": entropy,
    }
    return {"name": f"retry_{name}", "input": given, "expect": expected(given), "source": source}


def statuses():
    for status in [
        None, 0, 100, 199, 200, 201, 202, 204, 299, 300, 301, 304, 307, 308, 399, 400, 401, 403,
        404, 408, 409, 410, 411, 412, 413, 414, 422, 425, 429, 499, 500, 502, 503, 504, 599, 600, 999,
        65535,
    ]:
        name = "none" if status is None else status
        yield case(f"status_{name}", status=status)
        yield case(f"status_{name}_last_attempt", status=status, attempt=8)


def attempts():
    for attempt in [0, 1, 2, 3, 7, 8, 9, 2**32 - 1]:
        yield case(f"attempt_{attempt}_of_default", attempt=attempt)
    for attempt in [0, 1, 2, 2**32 - 1]:
        yield case(f"attempt_{attempt}_of_1", attempt=attempt, maxAttempts=1)
    for attempt in [11, 12, 13, 14, 32, 33, 34, 64, 65, 66, 99, 100, 101]:
        for name, entropy in {"half": HALF, "last": LAST}.items():
            yield case(
                f"attempt_{attempt}_of_100_entropy_{name}",
                attempt=attempt, maxAttempts=100, entropy=entropy,
            )
    for attempts_max in [0, 101, 2**32 - 1]:
        yield case(f"max_attempts_{attempts_max}", HOSTILE, maxAttempts=attempts_max)
        name = f"max_attempts_{attempts_max}_delivered"
        yield case(name, HOSTILE, status=200, maxAttempts=attempts_max)
    yield case("attempt_0_delivered", HOSTILE, attempt=0, status=200)


def entropies():
    for attempt in [1, 2, 4, 7]:
        for entropy in [0, 1, HALF - 1, HALF, LAST - 1, LAST]:
            yield case(f"entropy_{entropy}_attempt_{attempt}", attempt=attempt, entropy=entropy)


def http_date(seconds):
    date = EPOCH + datetime.timedelta(seconds=seconds)
    return f"{DAYS[date.weekday()]}, {date:%d} {MONTHS[date.month - 1]} {date:%Y %H:%M:%S} GMT"


def retry_after_seconds():
    for name, text in {
        "0": "0", "1": "1", "59": "59", "3599": "3599", "3600": "3600", "3601": "3601",
        "leading_zeros": "000120", "year": "31536000", "2_32": str(2**32), "2_64": str(2**64),
        "thirty_digits": "9" * 30, "sixty_four_digits": "1" * 64, "sixty_five_digits": "1" * 65,
        "sixty_four_zeros": "0" * 64, "spaces_around": "  120\t",
        "sixty_four_and_spaces": f" {'1' * 64} ",
    }.items():
        yield case(f"after_seconds_{name}", RFC, retry_after=text)
    for name, text in {
        "empty": "", "spaces": " \t ", "negative": "-1", "plus": "+120", "fraction": "120.5",
        "exponent": "1e3", "hexadecimal": "0x78", "unit": "120s", "list": "120, 60",
        "space_inside": "1 20", "words": "soon", "not_ascii_digits": "١٢٠", "wide_digits": "１２０",
        "newline": "120\n", "no_break_space": "\u00a0120", "nul": "120\0", "infinity": "Infinity",
        "underscore": "1_000",
    }.items():
        yield case(f"after_ignored_{name}", HOSTILE, retry_after=text)
    yield case("after_below_jitter", retry_after="10", attempt=7)
    yield case("after_equals_jitter", retry_after="32", attempt=7)
    yield case("after_above_jitter", retry_after="33", attempt=7)
    for status in [None, 301, 400, 404, 429, 500]:
        yield case(f"after_on_status_{status or 'none'}", status=status, retry_after="120")
    for status in [200, 410, 413]:
        yield case(f"after_does_not_undo_{status}", status=status, retry_after="120")
    yield case("after_does_not_undo_exhausted", attempt=8, retry_after="120")


def retry_after_dates():
    for name, delta in {
        "past": -1, "now": 0, "in_1": 1, "in_120": 120, "in_3600": 3600, "in_3601": 3601,
        "in_a_year": 31536000, "long_past": -NOW,
    }.items():
        yield case(f"after_date_{name}", RFC, retry_after=http_date(NOW + delta))
    yield case("after_date_of_the_rfc", RFC, retry_after="Sun, 06 Nov 1994 08:49:37 GMT")
    yield case("after_date_spaces_around", RFC, retry_after=f" \t{http_date(NOW + 120)} ")
    yield case("after_date_year_9999", HOSTILE, retry_after="Fri, 31 Dec 9999 23:59:59 GMT")
    yield case("after_date_year_0000", HOSTILE, retry_after="Sat, 01 Jan 0000 00:00:00 GMT")
    yield case("after_date_year_0001", HOSTILE, retry_after="Mon, 01 Jan 0001 00:00:00 GMT")
    yield case("after_date_1969", HOSTILE, retry_after="Wed, 31 Dec 1969 23:59:59 GMT")
    yield case("after_date_now_latest", HOSTILE, retry_after=http_date(NOW), now=10**11 - 1)
    day = "Tue, 14 Nov 2023 22:"
    yield case("after_date_leap_second", RFC, retry_after=f"{day}14:60 GMT")
    yield case("after_date_last_second", RFC, retry_after=f"{day}59:59 GMT")
    for name, text in {
        "weekday_of_another_day": "Wed, 14 Nov 2023 22:15:20 GMT", "second_61": f"{day}14:61 GMT",
        "minute_60": f"{day}60:00 GMT", "hour_24": "Tue, 14 Nov 2023 24:00:00 GMT",
        "lower_case": "tue, 14 nov 2023 22:15:20 gmt",
        "upper_case": "TUE, 14 NOV 2023 22:15:20 GMT",
        "lower_case_gmt": f"{day}15:20 gmt", "utc": f"{day}15:20 UTC",
        "offset": f"{day}15:20 +0000",
        "no_zone": f"{day}15:20", "two_zones": f"{day}15:20 GMT GMT",
        "no_weekday": day[5:] + "15:20 GMT",
        "long_weekday": "Tuesday, 14 Nov 2023 22:15:20 GMT",
        "no_comma": "Tue 14 Nov 2023 22:15:20 GMT",
        "long_month": "Tue, 14 November 2023 22:15:20 GMT",
        "month_13": "Tue, 14 13 2023 22:15:20 GMT",
        "two_spaces": "Tue,  14 Nov 2023 22:15:20 GMT",
        "tab_inside": "Tue, 14\tNov 2023 22:15:20 GMT",
        "day_one_digit": "Tue, 5 Dec 2023 22:15:20 GMT",
        "day_blank": "Tue,  5 Dec 2023 22:15:20 GMT",
        "day_0": "Tue, 00 Nov 2023 22:15:20 GMT", "day_31_nov": "Fri, 31 Nov 2023 22:15:20 GMT",
        "day_99": "Tue, 99 Nov 2023 22:15:20 GMT", "year_two_digits": "Tue, 14 Nov 23 22:15:20 GMT",
        "year_five_digits": "Tue, 14 Nov 02023 22:15:20 GMT",
        "year_negative": "Tue, 14 Nov -023 22:15:20 GMT",
        "hour_one_digit": "Tue, 14 Nov 2023 2:15:20 GMT",
        "no_seconds": "Tue, 14 Nov 2023 22:15 GMT",
        "fraction": "Tue, 14 Nov 2023 22:15:20.5 GMT", "sign": "Tue, 14 Nov 2023 +2:15:20 GMT",
        "rfc_850": "Tuesday, 14-Nov-23 22:15:20 GMT", "asctime": "Tue Nov 14 22:15:20 2023",
        "iso_8601": "2023-11-14T22:15:20Z", "not_ascii": "Tue, 14 Nov ２０２３ 22:15:20 GMT",
        "two_dates": "Tue, 14 Nov 2023 22:15:20 GMT, Tue, 14 Nov 2023 22:15:20 GMT",
    }.items():
        yield case(f"after_date_ignored_{name}", HOSTILE, retry_after=text)


def calendar():
    """`now` lies a minute before the date, or before the day after a date that is not there."""
    good = [
        (2024, 2, 29), (2028, 2, 29), (2400, 2, 29), (2023, 2, 28), (2100, 2, 28), (2100, 3, 1),
        (2024, 3, 1), (2023, 12, 31), (2024, 1, 1), (2024, 12, 31), (2025, 1, 1), (2000, 3, 1),
    ] + [(2026, month, 15) for month in range(1, 13)]
    for year, month, day in good:
        seconds = int((datetime.datetime(year, month, day) - EPOCH).total_seconds())
        name = f"calendar_{year}_{month:02}_{day:02}"
        if seconds > 10**9:
            yield case(name, RFC, retry_after=http_date(seconds), now=seconds - 60)
    none = [(2023, 2, 29), (2100, 2, 29), (2023, 2, 31), (2024, 2, 30), (2024, 4, 31)]
    for year, month, day in none:
        following = datetime.datetime(year, month + 1, 1)
        seconds = int((following - EPOCH).total_seconds())
        for day_name in DAYS:
            text = f"{day_name}, {day:02} {MONTHS[month - 1]} {year} 00:00:00 GMT"
            name = f"calendar_none_{year}_{month:02}_{day:02}_{day_name.lower()}"
            yield case(name, HOSTILE, retry_after=text, now=seconds - 60)


def cases():
    for part in (statuses, attempts, entropies, retry_after_seconds, retry_after_dates, calendar):
        yield from part()
