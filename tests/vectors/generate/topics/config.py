"""Options that are out of their bounds, contradict one another, or use one key twice."""

from case import (KEY, NOW, OTHER_KEY, OTHER_SECRET, PRIVATE_KEY, PUBLIC_KEY, SCHEMES, SECRET,
                  accepted, fixed_bytes, named, refused, sealed, secret_for, signed)
from sealing import base64_text

ABOUT = "Receiver options: bounds, contradictions, ids and windows of keys, one key used twice."

KEYS = {"secrets": [SECRET], "encryptionKeys": [KEY]}


def invalid(name, scheme="standard", **options):
    options = {"secrets": [secret_for(scheme)]} | options
    return refused(name, "invalid_config", scheme, options=options, headers=signed(scheme))


def bounds():
    cases = []
    for option, word in {"toleranceSeconds": "tolerance",
                         "futureToleranceSeconds": "future_tolerance"}.items():
        cases += [invalid(f"config_{word}_of_{value}", **{option: value})
                  for value in (0, 86401, 2**31, 2**32 - 1)]
    return cases + [
        invalid("config_body_limit_of_0", maxBodyBytes=0),
        invalid("config_body_limit_one_past_32_mib", maxBodyBytes=32 * 2**20 + 1),
        invalid("config_body_limit_of_2_gib", maxBodyBytes=2**31),
        accepted("config_body_limit_of_32_mib", options={"secrets": [SECRET],
                                                         "maxBodyBytes": 32 * 2**20}),
        invalid("config_unknown_envelope", envelope="jws"),
        invalid("config_unknown_encryption", encryption="preferred"),
        invalid("config_envelope_in_upper_case", envelope="JWE"),
    ]


def audience():
    texts = {"empty": "", "of_513_bytes": "a" * 513, "control": "a\tb", "non_ascii": "é",
             "delete": "a\x7f"}
    cases = [invalid(f"config_audience_{name}", encryptionKeys=[KEY], audience=text)
             for name, text in texts.items()]
    x_keys = {"secrets": [secret_for("x-webhook")], "encryptionKeys": [KEY]}
    return cases + [
        invalid("config_audience_without_encryption", audience="a"),
        invalid("config_audience_encryption_forbidden", encryptionKeys=[KEY], audience="a",
                encryption="forbidden"),
        invalid("config_audience_encryption_optional", encryptionKeys=[KEY], audience="a",
                encryption="optional"),
        invalid("config_audience_with_json_envelope", encryptionKeys=[KEY], audience="a",
                envelope="json"),
        invalid("config_audience_with_x_webhook_default_envelope", "x-webhook", audience="a",
                encryptionKeys=[KEY]),
        sealed("config_audience_of_512_bytes", "standard", KEYS | {"audience": "a" * 512}),
        sealed("config_audience_with_spaces", "standard", KEYS | {"audience": " ~ "}),
        sealed("config_audience_with_x_webhook_jwe", "x-webhook",
               x_keys | {"audience": "orders", "envelope": "jwe"}),
        sealed("config_audience_with_keys_of_the_call", "standard", KEYS | {"audience": "orders"},
               {"audience": "orders", "encryption": "required", "keys": KEYS}),
    ]


def encryption():
    cases = [invalid(f"config_encryption_{word}_without_keys_{scheme.replace('-', '_')}", scheme,
                     encryption=word)
             for word in ("required", "optional") for scheme in SCHEMES]
    return cases + [
        accepted("config_encryption_forbidden_with_keys",
                 options=KEYS | {"encryption": "forbidden"}),
        accepted("config_encryption_forbidden_without_keys",
                 options={"secrets": [SECRET], "encryption": "forbidden"}),
        accepted("config_envelope_without_keys", options={"secrets": [SECRET], "envelope": "json"}),
        refused("config_encryption_keys_alone", "no_live_secret",
                options={"encryptionKeys": [KEY]}),
    ]


def ids():
    wrong = {"empty": "", "of_129_bytes": "k" * 129, "space": "a b", "quote": 'a"b',
             "backslash": "a\\b", "control": "a\n", "non_ascii": "é", "delete": "a\x7f"}
    cases = []
    for name, text in wrong.items():
        cases += [
            invalid(f"config_secret_id_{name}", secrets=[named(SECRET, text)]),
            invalid(f"config_public_key_id_{name}", publicKeys=[named(PUBLIC_KEY, text)]),
            invalid(f"config_encryption_key_id_{name}", encryptionKeys=[named(KEY, text)]),
        ]
    longest = "k" * 128
    return cases + duplicate_ids() + [
        accepted("config_secret_id_of_128_bytes", options={"secrets": [named(SECRET, longest)]},
                 matched=(longest,)),
        accepted("config_secret_id_with_punctuation",
                 options={"secrets": [named(SECRET, "!a/b:c,d.e~")]}, matched=("!a/b:c,d.e~",)),
        sealed("config_encryption_key_id_of_128_bytes", "standard",
               {"secrets": [SECRET], "encryptionKeys": [named(KEY, longest)]}),
        sealed("config_secret_and_encryption_key_share_an_id", "standard",
               {"secrets": [named(SECRET, "same")], "encryptionKeys": [named(KEY, "same")]},
               matched=("same",)),
    ]


def duplicate_ids():
    return [
        invalid("config_two_secrets_of_one_id",
                secrets=[named(SECRET, "a"), named(OTHER_SECRET, "a")]),
        invalid("config_secret_and_public_key_of_one_id", secrets=[named(SECRET, "a")],
                publicKeys=[named(PUBLIC_KEY, "a")]),
        invalid("config_secret_id_is_anothers_default",
                secrets=[named(SECRET, "secret-2"), OTHER_SECRET]),
        invalid("config_public_key_id_is_a_secrets_default", secrets=[SECRET],
                publicKeys=[named(PUBLIC_KEY, "secret-1")]),
        invalid("config_two_encryption_keys_of_one_id",
                encryptionKeys=[named(KEY, "a"), named(OTHER_KEY, "a")]),
        invalid("config_one_encryption_key_twice", encryptionKeys=[KEY, KEY]),
        invalid("config_duplicate_id_of_a_retired_secret",
                secrets=[named(SECRET, "a"), named(OTHER_SECRET, "a", notAfter=NOW)]),
    ]


def windows():
    wrong = {
        "empty": {"notBefore": NOW, "notAfter": NOW},
        "reversed": {"notBefore": NOW + 1, "notAfter": NOW},
        "starts_at_zero": {"notBefore": 0},
        "starts_before_the_first_instant": {"notBefore": 10**9 - 1},
        "starts_in_milliseconds": {"notBefore": NOW * 1000},
        "starts_at_the_end": {"notBefore": 10**11},
        "ends_negative": {"notAfter": -1},
        "ends_in_milliseconds": {"notAfter": NOW * 1000},
        "ends_at_the_end": {"notAfter": 10**11},
        "ends_before_the_first_instant": {"notAfter": 10**9 - 1},
    }
    cases = []
    for name, window in wrong.items():
        cases += [
            invalid(f"config_window_{name}", secrets=[{"secret": SECRET} | window]),
            invalid(f"config_encryption_window_{name}",
                    encryptionKeys=[{"secret": KEY} | window]),
        ]
    return cases + [
        accepted("config_window_of_all_instants", options={
            "secrets": [{"secret": SECRET, "notBefore": 10**9, "notAfter": 10**11 - 1}]}),
    ]


def one_key_twice():
    """Bytes that sign must not encrypt."""
    raw = fixed_bytes("first", 32)
    letters = "thirty-two letters of one secret"
    as_text = {"secret": letters, "encoding": "text"}
    text_key = "whenc_" + base64_text(letters.encode())
    cases = [
        invalid("config_one_key_signs_and_encrypts", encryptionKeys=["whenc_" + base64_text(raw)]),
        invalid("config_one_key_signs_and_encrypts_bare", encryptionKeys=[base64_text(raw)]),
        invalid("config_one_key_signs_and_encrypts_second_of_each", secrets=[OTHER_SECRET, SECRET],
                encryptionKeys=[KEY, base64_text(raw)]),
        invalid("config_one_key_signs_and_encrypts_retired", encryptionKeys=[
            {"secret": base64_text(raw), "notAfter": NOW}, KEY]),
        invalid("config_one_key_signs_and_encrypts_as_text", secrets=[as_text],
                encryptionKeys=[text_key]),
        invalid("config_one_key_signs_and_encrypts_forbidden", encryption="forbidden",
                encryptionKeys=[base64_text(raw)]),
    ]
    return cases + [
        invalid(f"config_one_key_signs_and_encrypts_{scheme.replace('-', '_')}", scheme,
                secrets=[letters], encryptionKeys=[text_key])
        for scheme in SCHEMES if scheme != "standard"]


def cases():
    unused = {"secrets": [SECRET], "publicKeys": [PUBLIC_KEY]}
    return bounds() + audience() + encryption() + ids() + windows() + one_key_twice() + [
        accepted("config_both_kinds_of_keys", options=unused,
                 headers=signed(secrets=[SECRET, PRIVATE_KEY]),
                 matched=("secret-1", "public-key-1")),
    ]
