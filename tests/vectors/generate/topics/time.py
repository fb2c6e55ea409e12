"""Time: the edges of both tolerances, wrong spellings of timestamps, and the bounds of `now`."""

from case import NOW, TIMED, accepted, refused, secret_for, signed

ABOUT = "Timestamps and now: inclusive edges, one spelling of a number, plausible instants."

MALFORMED = {
    "empty": "",
    "trailing_letters": "123abc",
    "leading_letters": "abc123",
    "plus_sign": "+1",
    "plus_sign_today": "+1700000000",
    "leading_zero": "01",
    "leading_zero_today": "01700000000",
    "two_zeros": "00",
    "exponent": "1e9",
    "decimal_point": "1.0",
    "decimal_point_today": "1700000000.0",
    "not_a_number": "NaN",
    "infinity": "Infinity",
    "minus_one": "-1",
    "minus_today": "-1700000000",
    "minus_zero": "-0",
    "twelve_digits": "170000000000",
    "milliseconds": "1700000000000",
    "thirty_digits": "1" * 30,
    "just_over_u64": "18446744073709551616",
    "smallest_i64": "-9223372036854775808",
    "hexadecimal": "0x6553f100",
    "inner_space": "17000 00000",
    "underscore": "1_700_000_000",
    "arabic_indic_digits": "١٧٠٠٠٠٠٠٠٠",
    "full_width_digits": "１７００００００００",
    "superscript_digit": "170000000²",
    "letter": "x",
    "iso_date": "2023-11-14T22:13:20Z",
    "nul_inside": "1700000000\x00",
    "newline_inside": "17000\n00000",
    "no_break_space_after": "1700000000\xa0",
}
FEW = ["empty", "plus_sign_today", "leading_zero_today", "exponent", "minus_today",
       "milliseconds", "arabic_indic_digits", "inner_space"]


def words(scheme):
    return scheme.replace("-", "_")


def edges(scheme, name, past, future, options):
    """Exactly at each tolerance, and one second past it."""
    options = {"secrets": [secret_for(scheme)], **options}
    prefix = f"time_{words(scheme)}_{name}"
    oldest, newest = NOW - past, NOW + future

    def at(timestamp):
        return {"options": options, "headers": signed(scheme, timestamp=str(timestamp))}

    return [
        accepted(f"{prefix}_oldest", scheme, timestamp=oldest, **at(oldest)),
        refused(f"{prefix}_one_too_old", "timestamp_too_old", scheme, **at(oldest - 1)),
        accepted(f"{prefix}_newest", scheme, timestamp=newest, **at(newest)),
        refused(f"{prefix}_one_too_new", "timestamp_too_new", scheme, **at(newest + 1)),
    ]


def tolerances():
    cases = []
    for scheme in TIMED:
        cases += edges(scheme, "default", 300, 300, {})
        cases += edges(scheme, "unequal", 60, 5,
                       {"toleranceSeconds": 60, "futureToleranceSeconds": 5})
    for seconds in (1, 86400):
        cases += edges("standard", f"past_{seconds}", seconds, 300, {"toleranceSeconds": seconds})
        cases += edges("standard", f"future_{seconds}", 300, seconds,
                       {"futureToleranceSeconds": seconds})
    return cases


def far():
    texts = {"zero": ("0", "timestamp_too_old"), "one": ("1", "timestamp_too_old"),
             "eleven_nines": ("99999999999", "timestamp_too_new"),
             "ten_years_ahead": (str(NOW + 315360000), "timestamp_too_new"),
             "just_over_u32": ("4294967296", "timestamp_too_new"),
             "wraps_u32_to_today": (str(NOW + 2**32), "timestamp_too_new")}
    return [
        refused(f"time_{words(scheme)}_{name}", code, scheme,
                headers=signed(scheme, timestamp=text))
        for scheme in TIMED for name, (text, code) in texts.items()
    ]


def malformed():
    cases = []
    for scheme in TIMED:
        for name in MALFORMED if scheme == "standard" else FEW:
            text = MALFORMED[name]
            cases.append(refused(f"timestamp_{words(scheme)}_{name}", "malformed_timestamp",
                                 scheme, headers=signed(scheme, timestamp=text)))
    return cases


def instants():
    """What `now` may be, whatever the message says."""
    refusals = {"zero": 0, "negative": -1, "negative_today": -NOW, "milliseconds": NOW * 1000,
                "one_before_the_first": 10**9 - 1, "the_end": 10**11,
                "largest_exact_integer": 2**53 - 1, "smallest_exact_integer": 1 - 2**53}
    first, last = 10**9, 10**11 - 1
    cases = [refused(f"now_{name}", "invalid_config", now=now,
                     headers=signed(timestamp=str(abs(now))))
             for name, now in refusals.items()]
    return cases + [
        accepted("now_is_the_first_instant", now=first, timestamp=first,
                 headers=signed(timestamp=str(first))),
        accepted("now_is_the_first_instant_message_older", now=first, timestamp=first - 300,
                 headers=signed(timestamp=str(first - 300))),
        accepted("now_is_the_last_instant", now=last, timestamp=last,
                 headers=signed(timestamp=str(last))),
        refused("now_is_the_last_instant_message_ahead", "malformed_timestamp", now=last,
                headers=signed(timestamp=str(last + 1))),
        refused("now_absurd_where_no_time_is_signed", "invalid_config", "github", now=0),
        refused("now_absurd_before_live_keys", "invalid_config", options={}, now=0),
    ]


def cases():
    return tolerances() + far() + malformed() + instants()
