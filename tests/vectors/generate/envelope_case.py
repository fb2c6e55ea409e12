"""Cases with a spoiled envelope under a fresh and valid outer signature."""

from case import BODY, HOSTILE, ID, KEY, NONCE, accepted, refused, secret_for, signed
from sealing import compact_json, json_members, jwe, key_id, protected_members

KID = key_id(KEY)


def ring(scheme, **options):
    return {"secrets": [secret_for(scheme)], "encryptionKeys": [KEY]} | options


def members(**changes):
    """The protected header's members; None takes one away."""
    whole = protected_members(KID, ID) | {name.replace("_", "-"): v for name, v in changes.items()}
    return {name: value for name, value in whole.items() if value is not None}


def header_text(**changes):
    return compact_json(members(**changes))


def filled_type(size):
    """The content type that makes the header exactly so many bytes long."""
    return "a" * (size - len(header_text(cty="")))


def filled(size):
    return header_text(cty=filled_type(size))


def token(protected=None, nonce=NONCE, plaintext=BODY, key=KEY):
    """A JWE whose protected header is given as members, text or bytes."""
    protected = members() if protected is None else protected
    if isinstance(protected, dict):
        protected = compact_json(protected)
    if isinstance(protected, str):
        protected = protected.encode()
    return jwe(key, protected, nonce, plaintext)


def respelled(place, change, source=None):
    """The token with one of its five parts changed as text."""
    parts = (token() if source is None else source).decode().split(".")
    parts[place] = change(parts[place])
    return ".".join(parts).encode()


def json_envelope(plaintext=BODY, key=KEY, kid=KID, nonce=NONCE, **changes):
    """The JSON envelope's members; None takes one away."""
    whole = json_members(key, nonce, plaintext, kid) | changes
    return {name: value for name, value in whole.items() if value is not None}


def wire(scheme, body):
    return {"headers": signed(scheme, body=body), "body": body}


def refuse(name, code, body, scheme="standard", source=HOSTILE, **options):
    return refused(name, code, scheme, options=ring(scheme, **options), source=source,
                   **wire(scheme, body))


def accept(name, body, scheme="standard", payload=BODY, options=None, content_type=None,
           encryption_key_id=KID, **facts):
    return accepted(name, scheme, options=options or ring(scheme), payload=payload,
                    encryption_key_id=encryption_key_id, content_type=content_type,
                    **wire(scheme, body), **facts)
