"""What a case is made of: fixed keys and messages, and the two kinds, accepted and refused."""

import hashlib

from sealing import base64_text, key_id, live, seal, signed_headers

NOW = 1700000000
ID = "evt_1"
BODY = b'{"type":"order.paid","amount":1250}'
SCHEMES = ["standard", "x-webhook", "stripe", "github", "slack", "shopify"]
TIMED = ["standard", "x-webhook", "stripe", "slack"]
HOSTILE = "design: hostile"
WIRE = "design: section 5, on the wire"


def fixed_bytes(label, count):
    """Bytes that look random and are always the same."""
    blocks = (hashlib.sha256(f"postseal vectors {label} {n}".encode()).digest() for n in range(9))
    return b"".join(blocks)[:count]


def whsec(label, count=32):
    return "whsec_" + base64_text(fixed_bytes(label, count))


def whenc(label):
    return "whenc_" + base64_text(fixed_bytes(label, 32))


def text_secret(label):
    return "text-secret-" + fixed_bytes(label, 10).hex()


def secret_for(scheme, label="first"):
    return whsec(label) if scheme == "standard" else text_secret(label)


def nonce_for(label):
    return fixed_bytes("nonce " + label, 12)


SECRET = whsec("first")
OTHER_SECRET = whsec("second")
KEY = whenc("key one")
OTHER_KEY = whenc("key two")
NONCE = nonce_for("one")
PRIVATE_KEY = (
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
)
PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="


def named(secret, key_id_text, **window):
    """A secret or key with an id, and a window where one is given."""
    return {"id": key_id_text, "secret": secret, **window}


def bytes_member(name, data):
    """Bytes as text where they are UTF-8, else as base64."""
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {name + "_base64": base64_text(data)}


def replaced(headers, name, value):
    """The headers with one value changed."""
    return [[n, value if n.lower() == name.lower() else v] for n, v in headers]


def without(headers, *names):
    return [[n, v] for n, v in headers if n.lower() not in names]


def value_of(headers, name):
    return next(v for n, v in headers if n.lower() == name.lower())


def delivery(scheme, body, message_id=ID, timestamp=NOW, payload=None, matched=("secret-1",),
             encryption_key_id=None, content_type=None):
    """What an accepted message must give; the payload is the body unless it was encrypted."""
    is_timed = scheme in TIMED
    payload = body if payload is None else payload
    source = "payload_hash" if message_id is None else "signed_id"
    return {
        "id": message_id,
        "timestamp": timestamp if is_timed else None,
        "replayKey": message_id or "sha256:" + hashlib.sha256(body).hexdigest(),
        "replayKeySource": source,
        "replayProtected": is_timed,
        "secretId": matched[0],
        "matchedSecretIds": list(matched),
        "encrypted": encryption_key_id is not None,
        "encryptionKeyId": encryption_key_id,
        "contentType": content_type,
        **bytes_member("payload", payload),
    }


def case(name, scheme, options, now, headers, body, expect, source, sealing=None):
    """One case; `body` is bytes, or a pair of text and count."""
    is_repeat = isinstance(body, tuple)
    wire = {"body_repeat": list(body)} if is_repeat else bytes_member("body", body)
    whole = {"name": name, "scheme": scheme, "options": options, "now": now, "headers": headers}
    whole |= wire | {"expect": expect}
    if sealing is not None:
        whole["seal"] = sealing
    return whole | {"source": source}


def signed(scheme="standard", message_id=ID, timestamp=str(NOW), body=BODY, secrets=None):
    """The headers of a valid message, which a hostile case then spoils."""
    return signed_headers(scheme, secrets or [secret_for(scheme)], message_id, timestamp, body)


def refused(name, code, scheme="standard", options=None, now=NOW, headers=None, body=BODY,
            source=HOSTILE):
    """A case with a code; what is not given is valid."""
    options = {"secrets": [secret_for(scheme)]} if options is None else options
    headers = signed(scheme, body=body) if headers is None else headers
    return case(name, scheme, options, now, headers, body, {"code": code}, source)


def accepted(name, scheme="standard", options=None, now=NOW, headers=None, body=BODY,
             source=WIRE, **facts):
    """A case with a delivery, whose `facts` are what differs from the plain message."""
    options = {"secrets": [secret_for(scheme)]} if options is None else options
    headers = signed(scheme, body=body) if headers is None else headers
    if scheme != "standard":
        facts.setdefault("message_id", None)
    expect = {"delivery": delivery(scheme, body, **facts)}
    return case(name, scheme, options, now, headers, body, expect, source)


def sealed(name, scheme, sender=None, options=None, message_id=ID, payload=BODY,
           content_type=None, now=NOW, nonce=NONCE, matched=("secret-1",), source=WIRE):
    """A case that a sender can make again, byte for byte."""
    sender = {"secrets": [secret_for(scheme)]} if sender is None else sender
    options = sender if options is None else options
    headers, body = seal(scheme, sender, message_id, payload, content_type, now, nonce)
    facts = {"message_id": message_id if scheme == "standard" else None}
    sealing = {"message": {"id": message_id} | bytes_member("payload", payload)}
    if content_type is not None:
        sealing["message"]["contentType"] = content_type
    if "encryptionKeys" in sender:
        sealing["nonce"] = base64_text(nonce)
        facts = sealed_facts(scheme, sender, message_id, content_type, now)
    expect = delivery(scheme, body, payload=payload, timestamp=now, matched=matched, **facts)
    return case(name, scheme, options, now, headers, body, {"delivery": expect}, source,
                sealing | {"options": sender})


def sealed_facts(scheme, sender, message_id, content_type, now):
    """What the envelope adds to the delivery."""
    is_jwe = sender.get("envelope", "json" if scheme == "x-webhook" else "jwe") == "jwe"
    return {
        "message_id": message_id if is_jwe or scheme == "standard" else None,
        "encryption_key_id": key_id(live(sender["encryptionKeys"], now)[0]),
        "content_type": content_type if is_jwe else None,
    }
