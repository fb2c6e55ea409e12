"""Required, optional and forbidden encryption, against bodies in either form and in none."""

from case import (BODY, KEY, NOW, SCHEMES, SECRET, accepted, refused, sealed, secret_for, signed)
from envelope_case import KID, json_envelope, ring, token, wire
from sealing import compact_json

ABOUT = "Encryption required, optional, forbidden and by default, decided on the signed body."

FORMS = {"jwe": token(), "json": compact_json(json_envelope()).encode()}
OTHER = {"jwe": "json", "json": "jwe"}
POLICIES = ("required", "optional", "forbidden")


def table():
    """Every scheme × envelope × policy, against plain, enveloped, and the other envelope."""
    cases = []
    for scheme in SCHEMES:
        for envelope in FORMS:
            for policy in POLICIES:
                cases += of_policy(scheme, envelope, policy)
    return cases


def of_policy(scheme, envelope, policy):
    label = f"policy_{scheme.replace('-', '_')}_{envelope}_{policy}"
    options = ring(scheme, envelope=envelope, encryption=policy)

    def sent(body):
        return {"scheme": scheme, "options": options, **wire(scheme, body)}

    foreign = FORMS[OTHER[envelope]]
    if policy == "required":
        return [refused(f"{label}_plain", "not_encrypted", **sent(BODY)),
                refused(f"{label}_other_envelope", "not_encrypted", **sent(foreign)),
                opened(f"{label}_encrypted", envelope, **sent(FORMS[envelope]))]
    plain = [accepted(f"{label}_plain", **sent(BODY)),
             accepted(f"{label}_other_envelope_is_plain", **sent(foreign))]
    if policy == "forbidden":
        return plain + [refused(f"{label}_encrypted", "encryption_forbidden",
                                **sent(FORMS[envelope]))]
    return plain + [opened(f"{label}_encrypted", envelope, **sent(FORMS[envelope]))]


def opened(name, envelope, scheme, **sent):
    is_named = scheme == "standard" or envelope == "jwe"
    return accepted(name, scheme, payload=BODY, encryption_key_id=KID,
                    message_id="evt_1" if is_named else None, **sent)


def defaults():
    cases = []
    for scheme in SCHEMES:
        label = scheme.replace("-", "_")
        envelope = "json" if scheme == "x-webhook" else "jwe"
        bare = {"secrets": [secret_for(scheme)]}
        cases += [
            refused(f"policy_default_{label}_with_keys_plain", "not_encrypted", scheme,
                    options=ring(scheme)),
            refused(f"policy_default_{label}_without_keys_encrypted", "encryption_forbidden",
                    scheme, options=bare, **wire(scheme, FORMS[envelope])),
            accepted(f"policy_default_{label}_without_keys_other_envelope", scheme, options=bare,
                     **wire(scheme, FORMS[OTHER[envelope]])),
        ]
    return cases


def by_form():
    """What is in the form and broken: refused even where plain bodies are welcome."""
    forms = {
        "jwe": {"words": b"hello..there.my.friend", "empty_parts": b"a....",
                "padded": b"a=..b.c.d="},
        "json": {"nonce_member": b'{"nonce":1}',
                 "encrypted_member": b'{"encrypted":true,"total":5}',
                 "nonce_member_behind_an_escape": b'{"n\\u006fnce":"x"}',
                 "doubled": b'{"nonce":"a","nonce":"b"}'},
    }
    cases = []
    for envelope, bodies in forms.items():
        for name, body in bodies.items():
            sent = wire("standard", body)
            cases += [
                refused(f"policy_optional_{envelope}_{name}", "malformed_envelope",
                        options=ring("standard", envelope=envelope, encryption="optional"), **sent),
                refused(f"policy_forbidden_{envelope}_{name}", "encryption_forbidden",
                        options={"secrets": [SECRET], "envelope": envelope}, **sent),
            ]
    return cases


def near_forms():
    """What only looks like an envelope is plain text where plain text is allowed."""
    jwe = FORMS["jwe"].decode()
    bodies = {
        "jwe_with_final_newline": (jwe + "\n", "jwe"), "jws": ("aaaa.bbbb.cccc", "jwe"),
        "jwe_with_a_key_part": (jwe.replace("..", ".AAAA."), "jwe"),
        "six_parts": (jwe + ".a", "jwe"),
        "four_dots": ("....", "jwe"), "json_names_nested": ('{"data":{"nonce":1}}', "json"),
        "json_names_in_text": ('{"text":"encrypted nonce"}', "json"),
        "json_other_case": ('{"Nonce":1,"ENCRYPTED":2}', "json"),
        "json_kid_alone": ('{"kid":"a"}', "json"),
        "json_array": ('[{"nonce":1}]', "json"), "json_truncated": ('{"nonce":1', "json"),
        "json_byte_order_mark": ('\ufeff{"nonce":1}', "json"),
        "json_deeply_nested": ('{"a":' * 3000 + "1" + "}" * 3000, "json"),
    }
    cases = []
    for name, (text, envelope) in bodies.items():
        sent = wire("standard", text.encode())
        cases += [
            accepted(f"policy_optional_{name}_is_plain",
                     options=ring("standard", envelope=envelope, encryption="optional"), **sent),
            accepted(f"policy_forbidden_{name}_is_plain",
                     options={"secrets": [SECRET], "envelope": envelope}, **sent),
        ]
    return cases


def live_keys():
    """A policy that needs a key, and no key that is live."""
    retired = [{"secret": KEY, "notAfter": NOW}]
    cases = []
    for envelope, body in FORMS.items():
        keys = {"encryptionKeys": retired, "envelope": envelope}
        sent = wire("standard", body)
        cases += [
            refused(f"policy_required_{envelope}_no_live_key", "no_live_secret",
                    options=ring("standard", **keys), **sent),
            refused(f"policy_required_{envelope}_no_live_key_plain", "no_live_secret",
                    options=ring("standard", **keys)),
            refused(f"policy_optional_{envelope}_no_live_key", "unknown_key",
                    options=ring("standard", encryption="optional", **keys), **sent),
            accepted(f"policy_optional_{envelope}_no_live_key_plain",
                     options=ring("standard", encryption="optional", **keys)),
            refused(f"policy_forbidden_{envelope}_no_live_key", "encryption_forbidden",
                    options=ring("standard", encryption="forbidden", **keys), **sent),
        ]
    anonymous = compact_json(json_envelope(kid=None)).encode()
    return cases + [
        refused("policy_optional_json_without_kid_no_live_key", "unknown_key",
                options=ring("standard", encryption="optional", envelope="json",
                             encryptionKeys=retired), **wire("standard", anonymous)),
    ]


def unsigned_hints():
    """A content type is nobody's word: it neither makes a body encrypted nor plain."""
    cases = []
    for name, value in {"jose": "application/jose", "json": "application/json"}.items():
        hint = [["content-type", value]]
        keys = ring("standard")
        cases += [
            refused(f"policy_content_type_{name}_on_a_plain_body", "not_encrypted", options=keys,
                    headers=hint + signed()),
            refused(f"policy_content_type_{name}_on_a_forbidden_jwe", "encryption_forbidden",
                    headers=hint + signed(body=FORMS["jwe"]), body=FORMS["jwe"]),
        ]
    return cases


def cases():
    return table() + defaults() + by_form() + near_forms() + live_keys() + unsigned_hints() + [
        sealed("policy_optional_message_sealed", "standard", ring("standard"),
               ring("standard", encryption="optional")),
    ]
