"""What a sender refuses: ids, media types, audiences, keys, nonces and sizes."""

from case import (BODY, KEY, NOW, OTHER_KEY, OTHER_SECRET, PRIVATE_KEY, PUBLIC_KEY, SCHEMES, SECRET,
                  fixed_bytes, named, nonce_for, sealed, secret_for, whsec)
from sealing import base64_text

ABOUT = "Sender refusals: each message or option with its code; see README.md for nonces."

MESSAGE = {"id": "evt_1", "payload": BODY.decode()}


def refuse(name, code, scheme="standard", now=NOW, message=None, nonces=None, **options):
    """A refusal; `message` holds what differs from the plain one."""
    options = {"secrets": [secret_for(scheme)]} | options
    whole = {"name": "sender_" + name, "scheme": scheme, "options": options, "now": now,
             "message": MESSAGE | (message or {})}
    if nonces is not None:
        whole["nonces"] = [base64_text(nonce) for nonce in nonces]
    return whole | {"expect": {"code": code}, "source": "design: hostile"}


def invalid(name, scheme="standard", **options):
    return refuse(name, "invalid_config", scheme, **options)


def ids():
    wrong = {
        "empty": "", "of_256_characters": "e" * 256, "dot": "evt.1", "comma": "evt,1",
        "space": "evt 1", "leading_space": " evt", "tab": "evt\t1", "newline": "evt\n1",
        "crlf": "evt\r\nx: y",
        "nul": "evt\x00", "delete": "evt\x7f", "colon": "evt:1", "slash": "evt/1", "plus": "evt+1",
        "equals": "evt=", "tilde": "~", "exclamation_mark": "!", "non_ascii": "évt",
        "full_width_digit": "evt_\uff11", "emoji": "\U0001f600", "at_sign": "a@b", "braces": "{a}",
        "quote": '"evt"', "backslash": "evt\\1", "percent": "evt%201",
    }
    cases = [refuse(f"id_{name}", "invalid_id", message={"id": text}) for name,
             text in wrong.items()]
    few = ("empty", "dot", "of_256_characters", "non_ascii")
    return cases + [
        refuse(f"id_{scheme.replace('-', '_')}_{name}", "invalid_id", scheme,
               message={"id": wrong[name]})
        for scheme in SCHEMES if scheme != "standard" for name in few]


def content_types():
    wrong = {"empty": "", "of_256_characters": "a" * 256, "newline": "text/plain\n", "tab": "a\tb",
             "crlf": "text/plain\r\nx: y", "nul": "a\x00", "delete": "a\x7f", "non_ascii": "té/x"}
    cases = []
    for name, text in wrong.items():
        message = {"contentType": text}
        cases += [invalid(f"content_type_{name}", message=message),
                  invalid(f"content_type_{name}_in_a_jwe", message=message, encryptionKeys=[KEY])]
    return cases


def audiences():
    wrong = {"empty": "", "of_513_characters": "a" * 513, "control": "a\x01", "newline": "a\n",
             "delete": "\x7f", "non_ascii": "é"}
    return [invalid(f"audience_{name}", encryptionKeys=[KEY], audience=text)
            for name, text in wrong.items()] + [
        invalid("audience_without_encryption", audience="a"),
        invalid("audience_with_json_envelope", encryptionKeys=[KEY], audience="a", envelope="json"),
        invalid("audience_with_x_webhook_default_envelope", "x-webhook", encryptionKeys=[KEY],
                audience="a"),
    ]


def mismatched():
    """A key pair whose public half belongs to another seed."""
    pair = fixed_bytes("a seed", 32) + fixed_bytes("another half", 32)
    return "whsk_" + base64_text(pair)


def secrets():
    spellings = {
        "empty": "", "short": whsec("short", 23), "long": whsec("long", 76), "junk": "junk!",
        "whpk": PUBLIC_KEY, "whenc": KEY, "whsk_alone": "whsk_", "whsk_mismatched": mismatched(),
        "whsk_of_32_bytes": "whsk_" + base64_text(fixed_bytes("seed", 32)),
        "whsk_of_66_bytes": PRIVATE_KEY[:-2] + "AA", "whsk_of_63_bytes": PRIVATE_KEY[:-4],
        "trailing_space": SECRET + " ",
    }
    cases = [refuse(f"secret_{name}", "invalid_secret", secrets=[text])
             for name, text in spellings.items()]
    cases += [refuse(f"secret_whsk_under_{scheme.replace('-', '_')}", "invalid_secret", scheme,
                     secrets=[PRIVATE_KEY]) for scheme in SCHEMES if scheme != "standard"]
    cases += [refuse(f"secret_empty_under_{scheme.replace('-', '_')}", "invalid_secret", scheme,
                     secrets=[""]) for scheme in SCHEMES if scheme != "standard"]
    return cases + [
        invalid("secrets_empty_list", secrets=[]),
        refuse("secrets_first_missing", "invalid_secret", secrets=[None]),
        refuse("secrets_first_missing_second_there", "invalid_secret", secrets=[None, SECRET]),
        refuse("secrets_second_empty", "invalid_secret", secrets=[SECRET, ""]),
        invalid("secrets_nine", secrets=[whsec(f"ring {n}") for n in range(1, 10)]),
        invalid("secrets_of_one_id", secrets=[named(SECRET, "a"), named(OTHER_SECRET, "a")]),
        invalid("secret_id_with_a_space", secrets=[named(SECRET, "a b")]),
        invalid("secret_id_is_anothers_default",
                secrets=[named(SECRET, "secret-2"), OTHER_SECRET]),
        invalid("secret_window_empty",
                secrets=[{"secret": SECRET, "notBefore": NOW, "notAfter": NOW}]),
        refuse("secrets_retired", "no_live_secret", secrets=[{"secret": SECRET, "notAfter": NOW}]),
        refuse("secrets_future", "no_live_secret",
               secrets=[{"secret": SECRET, "notBefore": NOW + 1}]),
        refuse("secrets_retired_key_pair", "no_live_secret",
               secrets=[{"secret": PRIVATE_KEY, "notAfter": NOW}]),
    ]


def encryption_keys():
    wrong = {"short": ("whenc_" + base64_text(bytes(range(31))), "invalid_key"),
             "whsec": (whsec("second"), "invalid_key"), "text": ("text", "invalid_key"),
             "whpk": (PUBLIC_KEY, "invalid_secret"), "whsk": (PRIVATE_KEY, "invalid_secret"),
             "empty": ("", "invalid_key")}
    same = "whenc_" + SECRET.removeprefix("whsec_")
    return [refuse(f"encryption_key_{name}", code, encryptionKeys=[text])
            for name, (text, code) in wrong.items()] + [
        invalid("encryption_keys_empty_list", encryptionKeys=[]),
        invalid("encryption_key_twice", encryptionKeys=[KEY, KEY]),
        invalid("encryption_key_equals_the_secret", encryptionKeys=[same]),
        invalid("encryption_keys_of_one_id",
                encryptionKeys=[named(KEY, "a"), named(OTHER_KEY, "a")]),
        invalid("encryption_key_id_with_a_quote", encryptionKeys=[named(KEY, 'a"b')]),
        refuse("encryption_keys_retired", "no_live_secret",
               encryptionKeys=[{"secret": KEY, "notAfter": NOW}]),
        refuse("encryption_keys_future", "no_live_secret",
               encryptionKeys=[{"secret": KEY, "notBefore": NOW + 1}]),
    ]


def nonces():
    """A nonce that is all zero, or the last one again; and a key that is used up."""
    first, second = nonce_for("a"), nonce_for("b")
    cases = []
    for envelope in ("jwe", "json"):
        keys = {"encryptionKeys": [KEY], "envelope": envelope}
        cases += [
            refuse(f"nonce_all_zero_{envelope}", "entropy_unavailable", nonces=[bytes(12)], **keys),
            refuse(f"nonce_repeated_{envelope}", "entropy_unavailable", nonces=[first, first],
                   **keys),
            refuse(f"nonce_all_zero_second_{envelope}", "entropy_unavailable",
                   nonces=[first, bytes(12)], **keys),
            refuse(f"key_exhausted_{envelope}", "key_exhausted", nonces=[first],
                   sealedBefore=2**32 - 1, **keys),
            refuse(f"key_exhausted_by_the_last_{envelope}", "key_exhausted",
                   nonces=[first, second], sealedBefore=2**32 - 2, **keys),
        ]
    return cases


def sizes():
    size = len(BODY)
    token = len(sealed("unused", "standard", {"secrets": [SECRET],
                                              "encryptionKeys": [KEY]})["body"])
    cases = [refuse(f"body_one_past_the_limit_{scheme.replace('-', '_')}", "body_too_large", scheme,
                    maxBodyBytes=size - 1) for scheme in SCHEMES]
    return cases + [
        refuse("payload_fits_and_envelope_does_not", "body_too_large", encryptionKeys=[KEY],
               maxBodyBytes=size, nonces=[nonce_for("one")]),
        refuse("envelope_one_past_the_limit", "body_too_large", encryptionKeys=[KEY],
               maxBodyBytes=token - 1, nonces=[nonce_for("one")]),
        invalid("body_limit_of_0", maxBodyBytes=0),
        invalid("body_limit_one_past_32_mib", maxBodyBytes=32 * 2**20 + 1),
        invalid("unknown_envelope", envelope="jws", encryptionKeys=[KEY]),
    ]


def instants():
    wrong = {"zero": 0, "negative": -1, "one_before_the_first": 10**9 - 1,
             "milliseconds": NOW * 1000, "the_end": 10**11}
    return [invalid(f"now_{name}", now=now) for name, now in wrong.items()]


def cases():
    return (ids() + content_types() + audiences() + secrets() + encryption_keys() + nonces()
            + sizes() + instants())
