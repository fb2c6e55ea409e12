"""Several secrets: which match, the edges of windows, skipped entries, and keys of one call."""

from case import (BODY, KEY, NONCE, NOW, OTHER_KEY, OTHER_SECRET, PRIVATE_KEY, PUBLIC_KEY, SCHEMES,
                  SECRET, accepted, named, refused, sealed, secret_for, signed, whsec)
from sealing import compact_json, json_members, key_id

ABOUT = "Key rings: order, windows on both edges, skipped entries, per-call keys, eight and nine."


def window(secret=SECRET, **edges):
    return {"secret": secret, **edges}


def matches():
    pair = [SECRET, OTHER_SECRET]
    by_other = signed(secrets=[OTHER_SECRET])
    skipped = [SECRET, None, OTHER_SECRET]
    public_skipped = {"publicKeys": [PUBLIC_KEY, None, named(PUBLIC_KEY, "again")]}
    return [
        accepted("rotation_first_of_two", options={"secrets": pair}),
        accepted("rotation_second_of_two", options={"secrets": pair}, headers=by_other,
                 matched=("secret-2",)),
        accepted("rotation_both_in_ring_order", options={"secrets": pair},
                 headers=signed(secrets=pair[::-1]), matched=("secret-1", "secret-2")),
        accepted("rotation_same_secret_twice", options={"secrets": [SECRET, SECRET]},
                 matched=("secret-1", "secret-2")),
        accepted("rotation_skipped_entry_counts", options={"secrets": skipped}, headers=by_other,
                 matched=("secret-3",)),
        accepted("rotation_skipped_last_entry", options={"secrets": [SECRET, None]}),
        accepted("rotation_skipped_public_key_counts", options=public_skipped,
                 headers=signed(secrets=[PRIVATE_KEY]), matched=("public-key-1", "again")),
        accepted("rotation_named_secrets",
                 options={"secrets": [named(SECRET, "old"), named(OTHER_SECRET, "new")]},
                 headers=by_other, matched=("new",)),
        accepted("rotation_named_and_unnamed",
                 options={"secrets": [named(SECRET, "old"), OTHER_SECRET]},
                 headers=signed(secrets=pair), matched=("old", "secret-2")),
        accepted("rotation_last_of_eight", options={"secrets": ring(8)},
                 headers=signed(secrets=ring(8)[7:]), matched=("secret-8",)),
        refused("rotation_none_of_eight", "signature_mismatch", options={"secrets": ring(8)}),
    ]


def ring(count):
    return [whsec(f"ring {n}") for n in range(1, count + 1)]


def windows():
    """A window holds its first second and not its last."""
    edges = {
        "first_second": ({"notBefore": NOW}, True),
        "one_second_early": ({"notBefore": NOW + 1}, False),
        "last_second": ({"notAfter": NOW + 1}, True),
        "one_second_late": ({"notAfter": NOW}, False),
        "of_one_second": ({"notBefore": NOW, "notAfter": NOW + 1}, True),
        "long_past": ({"notBefore": NOW - 9, "notAfter": NOW - 8}, False),
    }
    cases = []
    for name, (edge, is_live) in edges.items():
        options = {"secrets": [window(**edge)]}
        public = {"publicKeys": [window(PUBLIC_KEY, **edge)]}
        by_key = signed(secrets=[PRIVATE_KEY])
        if is_live:
            cases += [accepted(f"window_{name}", options=options),
                      accepted(f"window_of_public_key_{name}", options=public, headers=by_key,
                               matched=("public-key-1",))]
        else:
            cases += [refused(f"window_{name}", "no_live_secret", options=options),
                      refused(f"window_of_public_key_{name}", "no_live_secret", options=public,
                              headers=by_key)]
    return cases


def windows_of_several():
    retired, future = window(notAfter=NOW), window(notBefore=NOW + 1)
    late = signed(timestamp=str(NOW - 100))
    by_timestamp = {"secrets": [window(notAfter=NOW - 50), OTHER_SECRET]}
    mixed = {"secrets": [retired], "publicKeys": [PUBLIC_KEY]}
    return [
        refused("window_retired_secret_beside_a_live_one", "signature_mismatch",
                options={"secrets": [retired, OTHER_SECRET]}),
        refused("window_future_secret_beside_a_live_one", "signature_mismatch",
                options={"secrets": [OTHER_SECRET, future]}),
        refused("window_is_of_the_clock_not_of_the_message", "signature_mismatch",
                options=by_timestamp, headers=late),
        accepted("window_position_counts_retired_secrets",
                 options={"secrets": [retired, OTHER_SECRET]},
                 headers=signed(secrets=[OTHER_SECRET]), matched=("secret-2",)),
        refused("window_retired_secret_beside_a_live_public_key", "no_supported_signature",
                options=mixed),
        refused("window_every_secret_retired_or_future", "no_live_secret",
                options={"secrets": [retired, future]}),
        sealed("window_primary_is_the_first_live", "x-webhook",
               {"secrets": [window(secret_for("x-webhook"), notAfter=NOW),
                            secret_for("x-webhook", "second")]},
               matched=("secret-2",)),
    ]


def encryption_windows():
    """The same edges for the key that a JWE names."""
    edges = {"first_second": ({"notBefore": NOW}, True),
             "one_second_early": ({"notBefore": NOW + 1}, False),
             "last_second": ({"notAfter": NOW + 1}, True),
             "one_second_late": ({"notAfter": NOW}, False)}
    sender = {"secrets": [SECRET], "encryptionKeys": [KEY]}
    cases = []
    for name, (edge, is_live) in edges.items():
        receiver = sender | {"encryptionKeys": [window(KEY, **edge), OTHER_KEY]}
        case = sealed(f"encryption_window_{name}", "standard", sender, receiver)
        if not is_live:
            case = refused(case["name"], "unknown_key", options=receiver,
                           headers=case["headers"], body=case["body"].encode())
        cases.append(case)
    return cases + [sealed("encryption_window_primary_is_the_first_live", "standard",
                           {"secrets": [SECRET], "encryptionKeys": [window(KEY, notAfter=NOW),
                                                                    OTHER_KEY]})]


def of_one_call():
    """Keys that a call brings stand in for the constructor's."""
    call = {"keys": {"secrets": [SECRET]}}
    both = call | {"secrets": [OTHER_SECRET]}
    by_key = signed(secrets=[PRIVATE_KEY])
    public = {"secrets": [SECRET], "keys": {"publicKeys": [PUBLIC_KEY]}}
    return [
        accepted("call_brings_the_secrets", options=call),
        accepted("call_replaces_the_secrets", options=both),
        accepted("call_names_its_secrets", options={"keys": {"secrets": [named(SECRET, "tenant")]}},
                 matched=("tenant",)),
        accepted("call_brings_public_keys", options=public, headers=by_key,
                 matched=("public-key-1",)),
        refused("call_secrets_replace_the_constructors", "signature_mismatch", options=both,
                headers=signed(secrets=[OTHER_SECRET])),
        refused("call_public_keys_replace_the_secrets", "no_supported_signature", options=public),
        refused("call_secrets_replace_the_public_keys", "no_supported_signature",
                options=call | {"publicKeys": [PUBLIC_KEY]}, headers=by_key),
        refused("call_brings_an_empty_list", "invalid_config",
                options={"secrets": [SECRET], "keys": {"secrets": []}}),
        refused("call_brings_an_empty_secret", "invalid_secret",
                options={"secrets": [SECRET], "keys": {"secrets": [""]}}),
        refused("call_brings_a_skipped_first_secret", "invalid_secret",
                options={"secrets": [SECRET], "keys": {"secrets": [None, SECRET]}}),
        refused("call_brings_retired_secrets", "no_live_secret",
                options={"secrets": [SECRET], "keys": {"secrets": [window(notAfter=NOW)]}}),
        refused("call_brings_nothing", "no_live_secret", options={"keys": {}}),
        refused("call_brings_nine_secrets", "invalid_config",
                options={"keys": {"secrets": ring(9)}}),
    ] + encryption_of_one_call()


def encryption_of_one_call():
    message = ("standard", {"secrets": [SECRET], "encryptionKeys": [KEY]})
    token = sealed("unused", *message)
    wire = {"headers": token["headers"], "body": token["body"].encode()}
    equal = "whenc_" + SECRET.removeprefix("whsec_")
    return [
        sealed("call_brings_the_encryption_keys", *message,
               {"secrets": [SECRET], "keys": {"encryptionKeys": [KEY]}}),
        sealed("call_replaces_the_encryption_keys", *message,
               {"secrets": [SECRET], "encryptionKeys": [OTHER_KEY],
                "keys": {"encryptionKeys": [KEY]}}),
        sealed("call_keeps_the_encryption_keys", *message,
               {"secrets": [OTHER_SECRET], "encryptionKeys": [KEY], "keys": {"secrets": [SECRET]}}),
        sealed("call_brings_every_key", *message,
               {"encryption": "required",
                "keys": {"secrets": [SECRET], "encryptionKeys": [KEY]}}),
        refused("call_encryption_keys_replace_the_constructors", "unknown_key",
                options={"secrets": [SECRET], "encryptionKeys": [KEY],
                         "keys": {"encryptionKeys": [OTHER_KEY]}}, **wire),
        refused("call_encryption_keys_make_encryption_required", "not_encrypted",
                options={"secrets": [SECRET], "keys": {"encryptionKeys": [KEY]}}),
        refused("call_brings_no_encryption_key_where_required", "no_live_secret",
                options={"encryption": "required", "keys": {"secrets": [SECRET]}}, **wire),
        refused("call_encryption_key_equals_the_constructors_secret", "invalid_config",
                options={"secrets": [SECRET], "keys": {"encryptionKeys": [equal]}}),
        refused("call_brings_no_encryption_keys_and_none_held", "encryption_forbidden",
                options={"keys": {"secrets": [SECRET]}}, **wire),
    ]


def without_kid():
    """A JSON envelope that names no key: each live key is tried, and no other."""
    first, second = secret_for("x-webhook"), [KEY, OTHER_KEY]
    body = compact_json(json_members(OTHER_KEY, NONCE, BODY, None)).encode()
    wire = {"headers": signed("x-webhook", body=body), "body": body}
    facts = {"payload": BODY, "encryption_key_id": key_id(OTHER_KEY)}
    retired = {"secrets": [first], "encryptionKeys": [KEY, window(OTHER_KEY, notAfter=NOW)]}
    return [
        accepted("envelope_without_kid_second_key_opens", "x-webhook",
                 options={"secrets": [first], "encryptionKeys": second}, **wire, **facts),
        refused("envelope_without_kid_retired_key_does_not_open", "decryption_failed", "x-webhook",
                options=retired, **wire),
        refused("envelope_without_kid_no_key_opens", "decryption_failed", "x-webhook",
                options={"secrets": [first], "encryptionKeys": [KEY]}, **wire),
    ]


def cases():
    every_scheme = [
        accepted(f"rotation_{scheme.replace('-', '_')}_second_of_two", scheme,
                 options={"secrets": [secret_for(scheme, "second"), secret_for(scheme)]},
                 matched=("secret-2",))
        for scheme in SCHEMES
    ]
    return (matches() + every_scheme + windows() + windows_of_several() + encryption_windows()
            + of_one_call() + without_kid())
