"""Two valid messages, and every mixture of their parts: none is accepted."""

import base64
import itertools
import json

from case import BODY, KEY, NOW, OTHER_KEY, named, nonce_for, refused, sealed, secret_for, signed
from sealing import base64_text, base64url_text, compact_json

ABOUT = "Mixtures of two valid messages: outer fields as they came, inner ones signed anew."

KEYS = [named(KEY, "key-a"), named(OTHER_KEY, "key-b")]
FIRST = {"message_id": "evt_a", "payload": BODY, "now": NOW, "nonce": nonce_for("a")}
SECOND = {"message_id": "evt_b", "payload": b'{"type":"order.lost","amount":9999}',
          "now": NOW + 1, "nonce": nonce_for("b")}
FORMS = {
    "standard": ("standard", {}),
    "standard_jwe": ("standard", {"encryptionKeys": KEYS, "envelope": "jwe"}),
    "x_webhook_json": ("x-webhook", {"encryptionKeys": KEYS, "envelope": "json"}),
    "x_webhook_jwe": ("x-webhook", {"encryptionKeys": KEYS, "envelope": "jwe"}),
}


def options_of(form):
    scheme, options = FORMS[form]
    return {"secrets": [secret_for(scheme)]} | options


def pair(form):
    """The two messages, each under a key of its own."""
    scheme, _ = FORMS[form]
    receiver = options_of(form)
    messages = []
    for n, message in enumerate((FIRST, SECOND)):
        sender = dict(receiver)
        if "encryptionKeys" in receiver:
            sender["encryptionKeys"] = KEYS[n:n + 1]
        name = f"swap_{form}_message_{'ab'[n]}"
        messages.append(sealed(name, scheme, sender, receiver, **message))
    return messages


def mixtures(fields):
    """Every choice of fields that is neither all of one message nor all of the other."""
    for size in range(1, len(fields)):
        yield from itertools.combinations(fields, size)


def outer(form, first, second):
    """Header values and the body as they came: whatever is mixed, no signature fits."""
    scheme, _ = FORMS[form]
    names = [name for name, _ in first["headers"] if name != "content-type"]
    cases = []
    for taken in mixtures(names + ["body"]):
        headers = [ours if ours[0] not in taken else theirs
                   for ours, theirs in zip(first["headers"], second["headers"])]
        body = (second if "body" in taken else first)["body"].encode()
        code = outer_code(form, taken)
        label = "_and_".join(name.lower().replace("-", "_") for name in taken)
        cases.append(refused(f"swap_{form}_{label}", code, scheme, options_of(form),
                             now=NOW, headers=headers, body=body))
    return cases


def outer_code(form, taken):
    """The nonce header is not signed: alone on the wrong side, it is the envelope that tells."""
    signed_names = {"X-Webhook-Timestamp", "X-Webhook-Signature", "body"}
    taken_signed = signed_names & set(taken)
    if form == "x_webhook_json" and taken_signed in (set(), signed_names):
        return "malformed_envelope"
    return "signature_mismatch"


def resigned(form, name, body, code):
    """A mixed body under the first message's id and time, and a signature of its own."""
    scheme, _ = FORMS[form]
    headers = signed(scheme, "evt_a", str(NOW), body)
    return refused(name, code, scheme, options_of(form), headers=headers, body=body)


def jwe_parts(form, first, second):
    """The four parts of two tokens."""
    ours, theirs = first["body"].split("."), second["body"].split(".")
    names = {0: "protected_header", 2: "nonce", 3: "ciphertext", 4: "tag"}
    cases = []
    for taken in mixtures(list(names)):
        parts = [theirs[n] if n in taken else ours[n] for n in range(5)]
        is_foreign = 0 in taken and form == "standard_jwe"
        label = "_and_".join(names[n] for n in taken)
        cases.append(resigned(form, f"swap_{form}_inner_{label}", ".".join(parts).encode(),
                              "malformed_envelope" if is_foreign else "decryption_failed"))
    return cases + jwe_members(form, ours, theirs)


def jwe_members(form, ours, theirs):
    """Single members of the protected header, and a whole token under another id."""
    ours_header, theirs_header = decoded(ours[0]), decoded(theirs[0])
    cases = []
    for name in ("kid", "webhook-id"):
        header = compact_json(ours_header | {name: theirs_header[name]}).encode()
        body = ".".join([base64url_text(header)] + ours[1:]).encode()
        is_foreign = name == "webhook-id" and form == "standard_jwe"
        code = "malformed_envelope" if is_foreign else "decryption_failed"
        cases.append(resigned(form, f"swap_{form}_inner_{name.replace('-', '_')}", body, code))
    if form == "standard_jwe":
        cases.append(resigned(form, "swap_standard_jwe_whole_token_under_another_id",
                              ".".join(theirs).encode(), "malformed_envelope"))
    return cases


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def json_parts(form, first, second):
    """The nonce, ciphertext, tag and kid of two envelopes."""
    ours, theirs = split_json(first["body"]), split_json(second["body"])
    cases = []
    for taken in mixtures(list(ours)):
        mixed = {name: theirs[name] if name in taken else ours[name] for name in ours}
        body = compact_json({
            "encrypted": base64_text(mixed["ciphertext"] + mixed["tag"]),
            "nonce": base64_text(mixed["nonce"]), "kid": mixed["kid"]}).encode()
        label = "_and_".join(taken)
        cases.append(resigned(form, f"swap_{form}_inner_{label}", body, "decryption_failed"))
    return cases


def split_json(body):
    members = json.loads(body)
    data = base64.b64decode(members["encrypted"])
    return {"nonce": base64.b64decode(members["nonce"]), "ciphertext": data[:-16],
            "tag": data[-16:], "kid": members["kid"]}


def across():
    """A whole message of one scheme or secret where another is expected."""
    plain, token = pair("standard")[0], pair("standard_jwe")[0]
    return [
        refused("swap_plain_message_where_jwe_is_required", "not_encrypted",
                options=options_of("standard_jwe"), headers=plain["headers"],
                body=plain["body"].encode()),
        refused("swap_jwe_message_where_none_is_expected", "encryption_forbidden",
                options=options_of("standard"), headers=token["headers"],
                body=token["body"].encode()),
        refused("swap_jwe_of_one_scheme_under_another", "missing_header", "x-webhook",
                options=options_of("x_webhook_jwe"), headers=token["headers"],
                body=token["body"].encode()),
    ]


def cases():
    cases = across()
    for form in FORMS:
        first, second = pair(form)
        cases += [first, second] + outer(form, first, second)
        if form == "x_webhook_json":
            cases += json_parts(form, first, second)
        elif form != "standard":
            cases += jwe_parts(form, first, second)
    return cases
