"""A receiver of the guide's format, in plain Python: verify the bytes that came, then decrypt them.

`secret` is text of 16 to 255 bytes, `key` is 32 random bytes; the sender has the same two.
"""

import base64
import hashlib
import hmac
import json
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOLERANCE_SECONDS = 300
NONCE_BYTES = 12


class Refused(Exception):
    """Why a message was not taken: for the log. The sender learns only that it was refused."""


def open_message(headers, body, secret, key, now):
    """The payload of a message; `headers` is a list of name and value, `body` is bytes."""
    timestamp = only_value(headers, "X-Webhook-Timestamp")
    signature = only_value(headers, "X-Webhook-Signature")
    verify(timestamp, signature, body, secret)
    check_window(timestamp, now)
    return decrypt(body, key)


def only_value(headers, name):
    """The value of a header that must be there once."""
    values = [value for candidate, value in headers if candidate.lower() == name.lower()]
    if len(values) != 1:
        raise Refused(f"{name} must be there once")
    return values[0]


def verify(timestamp, signature, body, secret):
    """Refuses a message that was not signed with the secret, before anything in it is read."""
    signed = timestamp.encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    # `==` would tell by its time how much of a forged signature is right.
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refused("the signature does not match")


def check_window(timestamp, now):
    """Refuses a message that is too old, or dated in the future: someone may send it again."""
    if not re.fullmatch("[0-9]{1,11}", timestamp):
        raise Refused("the timestamp is not in seconds")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise Refused("the timestamp is outside the window")


def decrypt(body, key):
    """The payload of a signed body. The nonce is taken from the body: the header that repeats it,
    X-Encryption-Nonce, is not signed."""
    try:
        envelope = json.loads(body)
        encrypted = base64.b64decode(envelope["encrypted"], validate=True)
        nonce = base64.b64decode(envelope["nonce"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("the body is not an envelope") from error
    if len(nonce) != NONCE_BYTES:
        raise Refused("the nonce is not of 12 bytes")
    try:
        return AESGCM(key).decrypt(nonce, encrypted, None)
    except InvalidTag as error:
        raise Refused("the key does not open the payload") from error
