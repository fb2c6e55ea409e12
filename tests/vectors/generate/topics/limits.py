"""The limit of a body on the wire: at it and one past it, small and by default."""

from case import (BODY, KEY, NOW, SCHEMES, SECRET, accepted, refused, sealed, secret_for,
                  signed)

ABOUT = "maxBodyBytes: of the body on the wire, inclusive, before any header is read."

MIB = 2**20


def small(scheme="standard", limit=len(BODY)):
    return {"secrets": [secret_for(scheme)], "maxBodyBytes": limit}


def every_scheme():
    cases = []
    for scheme in SCHEMES:
        label = scheme.replace("-", "_")
        cases += [
            accepted(f"limit_{label}_body_at_it", scheme, options=small(scheme)),
            refused(f"limit_{label}_body_one_past_it", "body_too_large", scheme,
                    options=small(scheme, len(BODY) - 1)),
        ]
    return cases


def encrypted():
    """The envelope counts, not the payload inside."""
    keys = {"secrets": [SECRET], "encryptionKeys": [KEY]}
    token = sealed("limit_envelope_at_it", "standard", keys)
    size = len(token["body"])
    at = token | {"options": keys | {"maxBodyBytes": size}}
    wire = {"headers": token["headers"], "body": token["body"].encode()}
    return [
        at | {"seal": token["seal"] | {"options": keys | {"maxBodyBytes": size}}},
        refused("limit_envelope_one_past_it", "body_too_large",
                options=keys | {"maxBodyBytes": size - 1}, **wire),
        refused("limit_payload_fits_and_envelope_does_not", "body_too_large",
                options=keys | {"maxBodyBytes": len(BODY)}, **wire),
    ]


def order():
    twice = signed() + signed()
    return [
        refused("limit_before_missing_headers", "body_too_large",
                options=small(limit=1), headers=[]),
        refused("limit_before_duplicate_headers", "body_too_large", options=small(limit=1),
                headers=twice),
        refused("limit_before_signature", "body_too_large", options=small(limit=1),
                headers=signed(body=b"other")),
        refused("limit_after_live_keys", "no_live_secret", options={"maxBodyBytes": 1}),
        refused("limit_after_now", "invalid_config", options=small(limit=1), now=NOW * 1000),
    ]


def large():
    """The default of one MiB; a body at it passes on to the signature."""
    return [
        refused("limit_default_one_past_it", "body_too_large", headers=signed(),
                body=("a", MIB + 1)),
        refused("limit_default_at_it_goes_on_to_the_signature", "signature_mismatch",
                headers=signed(), body=("a", MIB)),
        refused("limit_raised_body_past_the_default", "signature_mismatch",
                options=small(limit=2 * MIB), headers=signed(), body=("ab", MIB // 2 + 1)),
        refused("limit_counts_bytes_not_characters", "body_too_large", options=small(limit=8),
                headers=signed(body="ééééé".encode()), body="ééééé".encode()),
    ]


def cases():
    return every_scheme() + encrypted() + order() + large() + [
        accepted("limit_of_1_empty_body", options=small(limit=1), headers=signed(body=b""),
                 body=b""),
        accepted("limit_of_1_one_byte", options=small(limit=1), headers=signed(body=b"a"),
                 body=b"a"),
        refused("limit_of_1_two_bytes", "body_too_large", options=small(limit=1),
                headers=signed(body=b"ab"), body=b"ab"),
    ]
