"""The order of checks: of the defects of a message, the first in order is the one that is told."""

from case import BODY, KEY, NOW, OTHER_SECRET, SCHEMES, SECRET, refused, secret_for, signed
from envelope_case import members, respelled, ring, token

ABOUT = "The order of checks on receipt: of several defects the first in order is told."

STAGES = [
    "invalid_config", "no_live_secret", "body_too_large", "missing_header", "duplicate_header",
    "malformed_header", "malformed_timestamp", "malformed_signature", "no_supported_signature",
    "signature_mismatch", "timestamp_too_old", "malformed_envelope", "wrong_audience",
    "unknown_key", "decryption_failed",
]


def body_with(defects):
    """A JWE with the envelope's defects, in the order in which they are found."""
    changes = {"aud": "billing" if "wrong_audience" in defects else "orders"}
    if "unknown_key" in defects:
        changes["kid"] = "nobody"
    if "malformed_envelope" in defects:
        changes["zip"] = "DEF"
    body = token(members(**changes))
    if "decryption_failed" not in defects:
        return body
    return respelled(4, lambda tag: ("B" if tag[0] == "A" else "A") + tag[1:], body)


def headers_with(defects, body):
    """The signed headers, spoiled from the innermost defect outwards."""
    timestamp = str(NOW - 301) if "timestamp_too_old" in defects else str(NOW)
    secret = OTHER_SECRET if "signature_mismatch" in defects else SECRET
    message_id, time, signature = (pair[1] for pair in signed(timestamp=timestamp, body=body,
                                                              secrets=[secret]))
    if "no_supported_signature" in defects:
        signature = "v2" + signature[2:]
    if "malformed_signature" in defects:
        signature += " text"
    if "malformed_timestamp" in defects:
        time = "0" + time
    if "malformed_header" in defects:
        message_id += ".1"
    if "duplicate_header" in defects:
        time += "," + time
    names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
    headers = [list(pair) for pair in zip(names, (message_id, time, signature))]
    if "missing_header" not in defects:
        return headers
    # A malformed id must be there to be malformed: then another header is missing.
    return headers[:2] if defects[-1] == "malformed_header" else headers[1:]


def options_with(defects, body):
    options = ring("standard", audience="orders")
    if "no_live_secret" in defects:
        options["secrets"] = [{"secret": SECRET, "notAfter": NOW}]
    if "body_too_large" in defects:
        options["maxBodyBytes"] = len(body) - 1
    return options


def with_defects(name, defects):
    body = body_with(defects)
    # `now` in milliseconds lies past every window, so the live keys fail behind it too.
    now = NOW * 1000 if "invalid_config" in defects else NOW
    return refused(name, defects[0], options=options_with(defects, body), now=now,
                   headers=headers_with(defects, body), body=body)


def cumulative():
    """From each stage on, every later defect as well."""
    return [with_defects(f"order_{code}_before_every_later_defect", STAGES[place:])
            for place, code in enumerate(STAGES)]


def neighbours():
    """Each stage with each later one alone."""
    return [with_defects(f"order_{first}_before_{later}", [first, later])
            for place, first in enumerate(STAGES) for later in STAGES[place + 1:]]


def of_schemes():
    """In every scheme: a wrong signature before an old timestamp and a wrong envelope."""
    cases = []
    for scheme in SCHEMES:
        label = scheme.replace("-", "_")
        options = {"secrets": [secret_for(scheme, "second")], "encryptionKeys": [KEY]}
        cases.append(refused(f"order_{label}_mismatch_before_clock_and_envelope",
                             "signature_mismatch", scheme, options=options,
                             headers=signed(scheme, timestamp=str(NOW - 9999))))
    return cases + [
        refused("order_too_new_before_envelope", "timestamp_too_new", options=ring("standard"),
                headers=signed(timestamp=str(NOW + 301), body=BODY)),
    ]


def cases():
    return cumulative() + neighbours() + of_schemes()
