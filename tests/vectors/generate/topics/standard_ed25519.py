"""Scheme `standard` with Ed25519: the known answer, both kinds of keys, strict verification."""

import base64

from case import (BODY, ID, NOW, PRIVATE_KEY, PUBLIC_KEY, SECRET, accepted, fixed_bytes, named,
                  refused, sealed, signed)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sealing import base64_text, ed25519_signature

ABOUT = "Scheme standard with Ed25519 (v1a): known answer, both kinds of keys, strict verification."

SVIX = "svix server tests"
ORDER = 2**252 + 27742317777372353535851937790883648493
KNOWN = (
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)


def key_pair(label):
    """A private and a public key, as Standard Webhooks writes them."""
    seed = fixed_bytes("ed25519 " + label, 32)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "whsk_" + base64_text(seed + public), "whpk_" + base64_text(public)


def known_answers():
    message = {"message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "now": 1614265330,
               "payload": b'{"test": 2432232314}', "source": SVIX}
    headers = [["webhook-id", message["message_id"]], ["webhook-timestamp", "1614265330"],
               ["webhook-signature", KNOWN]]
    return [
        accepted("ed25519_known_answer", options={"publicKeys": [PUBLIC_KEY]}, now=1614265331,
                 headers=headers, body=message["payload"], message_id=message["message_id"],
                 timestamp=1614265330, matched=("public-key-1",), source=SVIX),
        sealed("ed25519_known_answer_sealed", "standard", {"secrets": [PRIVATE_KEY]},
               {"publicKeys": [PUBLIC_KEY]}, matched=("public-key-1",), **message),
    ]


def unreduced():
    """The good signature with the group's order added to its scalar: the lax take it."""
    good = ed25519_signature(PRIVATE_KEY, ID, str(NOW), BODY)
    scalar = int.from_bytes(good[32:], "little") + ORDER
    return "v1a," + base64_text(good[:32] + scalar.to_bytes(32, "little"))


def with_signature(value):
    return signed()[:2] + [["webhook-signature", value]]


def hostile():
    own = {"publicKeys": [PUBLIC_KEY]}
    other = {"publicKeys": [key_pair("other")[1]]}
    good = signed(secrets=[PRIVATE_KEY])
    zero = with_signature("v1a," + base64_text(bytes(64)))
    as_mac = base64.b64decode(PUBLIC_KEY.removeprefix("whpk_"))
    confused = signed(secrets=["whsec_" + base64_text(as_mac)])
    return [
        refused("ed25519_of_another_key", "signature_mismatch", options=other, headers=good),
        refused("ed25519_over_another_body", "signature_mismatch", options=own, headers=good,
                body=BODY + b" "),
        refused("ed25519_all_zero_signature", "signature_mismatch", options=own, headers=zero),
        refused("ed25519_scalar_not_reduced", "signature_mismatch", options=own,
                headers=with_signature(unreduced())),
        refused("ed25519_hmac_under_the_public_key", "no_supported_signature", options=own,
                headers=confused),
        refused("ed25519_only_secrets_held", "no_supported_signature",
                options={"secrets": [SECRET]}, headers=good),
        refused("ed25519_both_kinds_held_both_wrong", "signature_mismatch",
                options={"secrets": [SECRET]} | other,
                headers=signed(body=b"another", secrets=[SECRET, PRIVATE_KEY])),
    ]


def cases():
    second_private, second_public = key_pair("second")
    both = {"secrets": [SECRET, PRIVATE_KEY]}
    receiver = {"secrets": [SECRET], "publicKeys": [PUBLIC_KEY]}
    return known_answers() + [
        sealed("ed25519_two_private_keys", "standard", {"secrets": [PRIVATE_KEY, second_private]},
               {"publicKeys": [PUBLIC_KEY, second_public]},
               matched=("public-key-1", "public-key-2")),
        sealed("ed25519_second_public_key_matches", "standard", {"secrets": [second_private]},
               {"publicKeys": [PUBLIC_KEY, second_public]}, matched=("public-key-2",)),
        sealed("ed25519_beside_a_secret", "standard", both, receiver,
               matched=("secret-1", "public-key-1")),
        sealed("ed25519_before_a_secret", "standard", {"secrets": [PRIVATE_KEY, SECRET]}, receiver,
               matched=("secret-1", "public-key-1")),
        sealed("ed25519_beside_a_secret_only_public_key_held", "standard", both,
               {"publicKeys": [PUBLIC_KEY]}, matched=("public-key-1",)),
        sealed("ed25519_named_public_key", "standard", {"secrets": [PRIVATE_KEY]},
               {"publicKeys": [named(PUBLIC_KEY, "partner/2024")]}, matched=("partner/2024",)),
    ] + hostile()
