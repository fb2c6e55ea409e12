"""Scheme `standard` with HMAC: the known answers of its libraries, and what a sender writes."""

from case import BODY, NOW, OTHER_SECRET, SECRET, accepted, refused, sealed, whsec

ABOUT = "Scheme standard with HMAC-SHA256: known answers, and messages that a sender makes again."

LIBRARIES = "standard-webhooks and svix library tests"
KNOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KNOWN_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
KNOWN_TIME = 1614265330
KNOWN_BODY = b'{"test": 2432232314}'
GOOD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def known(signature):
    """The known message under a signature header."""
    headers = [
        ["webhook-id", KNOWN_ID],
        ["webhook-timestamp", str(KNOWN_TIME)],
        ["webhook-signature", signature],
    ]
    return {"options": {"secrets": [KNOWN]}, "now": KNOWN_TIME + 1, "headers": headers,
            "body": KNOWN_BODY, "source": LIBRARIES}


def known_answers():
    facts = {"message_id": KNOWN_ID, "timestamp": KNOWN_TIME}
    several = f"{WRONG} v2,MzJsNDg5MzI4NDMyOTA0Nzky {GOOD}"
    return [
        accepted("standard_known_answer", **known(GOOD), **facts),
        accepted("standard_known_answer_among_others", **known(several), **facts),
        refused("standard_known_answer_wrong_signature", "signature_mismatch", **known(WRONG)),
        refused("standard_known_answer_empty_value", "malformed_signature", **known("v1,")),
        refused("standard_known_answer_last_character_changed", "signature_mismatch",
                **known(GOOD[:-2] + "A=")),
        refused("standard_known_answer_unknown_version", "no_supported_signature",
                **known("v2" + GOOD[2:])),
        sealed("standard_known_answer_sealed", "standard", {"secrets": [KNOWN]},
               message_id=KNOWN_ID, payload=KNOWN_BODY, now=KNOWN_TIME, source=LIBRARIES),
    ]


def cases():
    long_ring = {"secrets": [whsec(f"ring {n}") for n in range(1, 9)]}
    return known_answers() + [
        sealed("standard_plain", "standard"),
        sealed("standard_with_content_type", "standard", content_type="application/json"),
        sealed("standard_empty_payload", "standard", payload=b""),
        sealed("standard_binary_payload", "standard", payload=bytes(range(256))),
        sealed("standard_shortest_id", "standard", message_id="e"),
        sealed("standard_longest_sent_id", "standard", message_id="e" * 255),
        sealed("standard_id_of_every_sent_kind", "standard", message_id="-aZ09_-"),
        sealed("standard_text_secret", "standard",
               {"secrets": [{"secret": "sixteen byte key", "encoding": "text"}]}),
        sealed("standard_two_secrets", "standard", {"secrets": [SECRET, OTHER_SECRET]},
               matched=("secret-1", "secret-2")),
        sealed("standard_eight_secrets", "standard", long_ring,
               matched=tuple(f"secret-{n}" for n in range(1, 9))),
        sealed("standard_at_the_first_instant", "standard", now=1000000000),
        sealed("standard_at_the_last_instant", "standard", now=99999999999),
        sealed("standard_body_has_dots", "standard", payload=b"1700000000." + BODY),
        sealed("standard_now_is_later_than_2038", "standard", now=NOW + 2**31),
    ]
