"""A sender of the guide's format, in plain Python: encrypt, sign, and send exactly what was signed.

`secret` is text of 16 to 255 bytes, `key` is 32 random bytes; the receiver has the same two.
"""

import base64
import hashlib
import hmac
import json
import os
import time

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def send(url, payload, secret, key):
    """Posts a payload, and returns the answer."""
    headers, body = seal(payload, secret, key, now=int(time.time()))
    # The signature is over these bytes, so they are sent as they are: not `json=`, which would
    # write the object a second time, and perhaps in another way.
    return httpx.post(url, content=body, headers=headers, timeout=10)


def seal(payload, secret, key, now):
    """The headers and the body for a payload. The encrypted body is what is signed."""
    nonce = os.urandom(NONCE_BYTES)  # anew for each message: a second use would give the key away
    body = json.dumps({
        "encrypted": encode(AESGCM(key).encrypt(nonce, payload, None)),
        "nonce": encode(nonce),
    }).encode()
    timestamp = str(now)
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Timestamp": timestamp,
        "X-Webhook-Signature": sign(timestamp, body, secret),
        "X-Encryption-Nonce": encode(nonce),
    }
    return headers, body


def sign(timestamp, body, secret):
    """HMAC-SHA256 over the timestamp, a dot, and the bytes of the body, in hexadecimal."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def encode(data):
    return base64.b64encode(data).decode()
