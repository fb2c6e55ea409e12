"""The model of claims: keys, texts, and what each operation answers, as the vectors' `expect`."""

import base64
import hashlib
import re
import struct

NOW_RANGE = range(10**9, 10**11)
DAY, YEAR = 86400, 31536000
REPEATS_HAVE_SAME_PAYLOAD = {
    "standard": True,
    "x-webhook": True,
    "stripe": False,
    "github": False,
    "slack": False,
    "shopify": False,
}
TEXT = re.compile(
    r"v1:(?:(?P<pending>pending)|(?P<failed>failed)|done)"
    r":(?P<token>[A-Za-z0-9_-]{21}[AQgw])"
    r":(?:-|(?P<digest>[A-Za-z0-9_-]{21}[AQgw]))"
    r"(?(pending):(?P<attempt>[1-9][0-9]{0,9}):(?P<lease_end>[1-9][0-9]{9,11}))"
    r"(?(failed):(?P<failed_attempt>[1-9][0-9]{0,9}))"
)


class Refused(Exception):
    """An error code."""


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def write(name, token, digest, *numbers):
    return ":".join(["v1", name, token, digest or "-", *map(str, numbers)])


def read(text, code):
    match = TEXT.fullmatch(text)
    if not match:
        raise Refused(code)
    state = match.groupdict()
    attempt = int(state["attempt"] or state["failed_attempt"] or 1)
    lease_end = int(state["lease_end"] or NOW_RANGE[1])
    latest = NOW_RANGE[-1] + DAY
    if attempt >= 2**32 or not NOW_RANGE[0] < lease_end <= latest:
        raise Refused(code)
    name = state["pending"] or state["failed"] or "done"
    return name, state["token"], state["digest"], attempt, lease_end


def read_pending(text):
    name, *rest = read(text, "invalid_config")
    if name != "pending":
        raise Refused("invalid_config")
    return rest


def terms(given):
    lease = given.get("leaseSeconds", 60)
    retain = given.get("retainSeconds", 604800)
    if not (1 <= lease <= DAY and 1 <= retain <= YEAR and lease <= retain):
        raise Refused("invalid_config")
    return lease, retain


def swap(expected, following, ttl, attempt):
    return {
        "decision": "swap",
        "expected": expected,
        "next": following,
        "ttlSeconds": ttl,
        "attempt": attempt,
    }


def subject(given):
    source, replay_key = given["source"].encode(), given["replayKey"].encode()
    if not 1 <= len(source) <= 256 or not 1 <= len(replay_key) <= 256:
        raise Refused("invalid_config")
    packed = b"".join(
        struct.pack("<I", len(part)) + part
        for part in (source, given["scheme"].encode(), replay_key)
    )
    key = "postseal:claim:v1:" + base64url(hashlib.sha256(packed).digest())
    hashed = hashlib.sha256(key.encode() + given["payload"].encode()).digest()
    compared = REPEATS_HAVE_SAME_PAYLOAD[given["scheme"]]
    return {"key": key, "digest": base64url(hashed[:16]) if compared else None}


def begin(given):
    lease, retain = terms(given)
    digest = subject(given)["digest"]
    token = base64.b64decode(given["token"])
    if not any(token):
        raise Refused("entropy_unavailable")
    text = write("pending", base64url(token), digest, 1, given["now"] + lease)
    return swap(None, text, lease + retain, 1)


def decide(given):
    lease, retain = terms(given)
    token, digest, _, _ = read_pending(given["wanted"])
    current, now = given["current"], given["now"]
    if current is None:
        return swap(None, write("pending", token, digest, 1, now + lease), lease + retain, 1)
    name, holder, stored_digest, attempt, lease_end = read(current, "store_unavailable")
    if digest and stored_digest and digest != stored_digest:
        return {"decision": "conflict"}
    if name == "done":
        return {"decision": "duplicate"}
    if name == "pending" and lease_end > now:
        if holder == token:
            return {"decision": "new", "held": current, "attempt": attempt}
        return {"decision": "in_progress", "retryAfterSeconds": min(lease_end - now, DAY)}
    attempt = min(attempt + 1, 2**32 - 1)
    text = write("pending", token, digest or stored_digest, attempt, now + lease)
    return swap(current, text, lease + retain, attempt)


def done(given):
    _, retain = terms(given)
    token, digest, attempt, _ = read_pending(given["held"])
    return swap(given["held"], write("done", token, digest), retain, attempt)


def failed(given):
    _, retain = terms(given)
    token, digest, attempt, _ = read_pending(given["held"])
    return swap(given["held"], write("failed", token, digest, attempt), retain, attempt)


def renew(given):
    lease, retain = terms(given)
    token, digest, attempt, lease_end = read_pending(given["held"])
    text = write("pending", token, digest, attempt, max(lease_end, given["now"] + lease))
    return swap(given["held"], text, lease + retain, attempt)


def settle(given):
    lease, retain = terms(given)
    wanted, current = given["wanted"], given["current"]
    name, token, _, _, lease_end = read(wanted, "invalid_config")
    if current is None:
        return {"decision": "lost"}
    if current == wanted:
        return {"decision": "ok"}
    stored_name, holder, digest, attempt, held_until = read(current, "store_unavailable")
    if stored_name != "pending" or holder != token:
        return {"decision": "lost"}
    if name == "pending":
        text = write("pending", token, digest, attempt, max(lease_end, held_until))
        return swap(current, text, lease + retain, attempt)
    numbers = [attempt] if name == "failed" else []
    return swap(current, write(name, token, digest, *numbers), retain, attempt)


OPERATIONS = {
    "subject": subject,
    "begin": begin,
    "decide": decide,
    "done": done,
    "failed": failed,
    "renew": renew,
    "settle": settle,
}


def expected(operation, given):
    try:
        return OPERATIONS[operation](given)
    except Refused as refused:
        return {"code": str(refused)}
