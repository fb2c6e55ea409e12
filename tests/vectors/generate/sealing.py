"""The sender's side of every scheme, written from the specification alone: signing and sealing.

Nothing here comes from the core, so a case on which both agree was computed twice. Nothing is
checked: hostile cases are made with the same functions.
"""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TAG_BYTES = 16


def base64_text(data):
    return base64.b64encode(data).decode()


def base64url_text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def compact_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def text_of(entry):
    """The text of a secret or key, which stands alone or in an object."""
    return (entry["secret"] if isinstance(entry, dict) else entry).removesuffix("\n")


def live(entries, now):
    """The entries whose window holds `now`; the first is primary."""
    return [entry for entry in entries if entry is not None and is_live(entry, now)]


def is_live(entry, now):
    if not isinstance(entry, dict):
        return True
    return entry.get("notBefore", now) <= now < entry.get("notAfter", now + 1)


# Signing.


def signing_key(scheme, entry):
    """The MAC key: decoded base64 for `standard`, else the secret's text."""
    text = text_of(entry)
    is_text = isinstance(entry, dict) and entry.get("encoding") == "text"
    if scheme != "standard" or is_text:
        return text.encode()
    text = text.removeprefix("v1,").removeprefix("whsec_")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def signed_bytes(scheme, message_id, timestamp, body):
    prefix = {
        "standard": f"{message_id}.{timestamp}.",
        "x-webhook": f"{timestamp}.",
        "stripe": f"{timestamp}.",
        "slack": f"v0:{timestamp}:",
    }.get(scheme, "")
    return prefix.encode() + body


def mac(scheme, secret, message_id, timestamp, body):
    signed = signed_bytes(scheme, message_id, timestamp, body)
    return hmac.new(signing_key(scheme, secret), signed, hashlib.sha256).digest()


def ed25519_signature(private_key, message_id, timestamp, body):
    seed = base64.b64decode(private_key.removeprefix("whsk_"))[:32]
    signed = signed_bytes("standard", message_id, timestamp, body)
    return Ed25519PrivateKey.from_private_bytes(seed).sign(signed)


def standard_entry(secret, message_id, timestamp, body):
    """One entry of `webhook-signature`."""
    if text_of(secret).startswith("whsk_"):
        signature = ed25519_signature(text_of(secret), message_id, timestamp, body)
        return "v1a," + base64_text(signature)
    return "v1," + base64_text(mac("standard", secret, message_id, timestamp, body))


def signed_headers(scheme, secrets, message_id, timestamp, body):
    """The headers of a signed body, in the order in which a sender writes them."""
    if scheme == "standard":
        entries = [standard_entry(secret, message_id, timestamp, body) for secret in secrets]
        return [
            ["webhook-id", message_id],
            ["webhook-timestamp", timestamp],
            ["webhook-signature", " ".join(entries)],
        ]
    codes = [mac(scheme, secret, message_id, timestamp, body) for secret in secrets]
    if scheme == "stripe":
        items = [f"t={timestamp}"] + [f"v1={code.hex()}" for code in codes]
        return [["Stripe-Signature", ",".join(items)]]
    return single_signature_headers(scheme, timestamp, codes[0])


def single_signature_headers(scheme, timestamp, code):
    return {
        "x-webhook": [["X-Webhook-Timestamp", timestamp], ["X-Webhook-Signature", code.hex()]],
        "github": [["X-Hub-Signature-256", "sha256=" + code.hex()]],
        "slack": [
            ["X-Slack-Request-Timestamp", timestamp],
            ["X-Slack-Signature", "v0=" + code.hex()],
        ],
        "shopify": [["X-Shopify-Hmac-SHA256", base64_text(code)]],
    }[scheme]


# Sealing.


def encryption_key(entry):
    return base64.b64decode(text_of(entry).removeprefix("whenc_"))


def key_id(entry):
    """The id of an encryption key: its own, or the one derived from its bytes."""
    if isinstance(entry, dict) and "id" in entry:
        return entry["id"]
    derived = hmac.new(encryption_key(entry), b"postseal/kid/v1", hashlib.sha256).digest()
    return base64url_text(derived)


def protected_members(kid, message_id, content_type=None, audience=None):
    members = {"alg": "dir", "enc": "A256GCM", "kid": kid, "webhook-id": message_id}
    if content_type is not None:
        members["cty"] = content_type
    if audience is not None:
        members["aud"] = audience
    return members


def jwe(key, protected, nonce, plaintext):
    """A JWE compact token; `protected` is the header's bytes as they are to stand."""
    first_part = base64url_text(protected)
    sealed = AESGCM(encryption_key(key)).encrypt(nonce, plaintext, first_part.encode())
    ciphertext, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    parts = [first_part, "", base64url_text(nonce), base64url_text(ciphertext)]
    return ".".join(parts + [base64url_text(tag)]).encode()


def json_members(key, nonce, plaintext, kid):
    """The members of the JSON envelope; without `kid` where it is None."""
    sealed = AESGCM(encryption_key(key)).encrypt(nonce, plaintext, None)
    members = {"encrypted": base64_text(sealed), "nonce": base64_text(nonce)}
    return members if kid is None else members | {"kid": kid}


def envelope_of(scheme, options):
    return options.get("envelope", "json" if scheme == "x-webhook" else "jwe")


def enveloped(scheme, options, message_id, payload, content_type, now, nonce):
    """The body on the wire and its content type."""
    if "encryptionKeys" not in options:
        return payload, content_type
    key = live(options["encryptionKeys"], now)[0]
    if envelope_of(scheme, options) == "json":
        members = json_members(key, nonce, payload, key_id(key))
        return compact_json(members).encode(), "application/json"
    members = protected_members(key_id(key), message_id, content_type, options.get("audience"))
    return jwe(key, compact_json(members).encode(), nonce, payload), "application/jose"


def seal(scheme, options, message_id, payload, content_type, now, nonce):
    """The headers and the body that a sender writes."""
    body, wire_type = enveloped(
        scheme, options, message_id, payload, content_type, now, nonce)
    headers = [] if wire_type is None else [["content-type", wire_type]]
    secrets = live(options["secrets"], now)
    headers += signed_headers(scheme, secrets, message_id, str(now), body)
    has_nonce_header = scheme == "x-webhook" and envelope_of(scheme, options) == "json"
    if has_nonce_header and "encryptionKeys" in options:
        headers.append(["X-Encryption-Nonce", base64_text(nonce)])
    return headers, body
