"""Runs a case of the vectors of receiving and sending, as tests/vectors/README.md has them."""

import base64

from host import PostsealError
from scripted import expect_equal, expect_members, flat, grouped

LISTS = {"secrets": "secrets", "publicKeys": "public_keys", "encryptionKeys": "encryption_keys"}
OPTIONS = {
    "envelope": "envelope",
    "encryption": "encryption",
    "audience": "audience",
    "toleranceSeconds": "tolerance_seconds",
    "futureToleranceSeconds": "future_tolerance_seconds",
    "maxBodyBytes": "max_body_bytes",
    "sealedBefore": "sealed_before",
}
ENTRY = {
    "id": "id",
    "secret": "secret",
    "encoding": "encoding",
    "notBefore": "not_before",
    "notAfter": "not_after",
}
DELIVERY = [
    "id", "timestamp", "replayKey", "replayKeySource", "replayProtected", "secretId",
    "matchedSecretIds", "encrypted", "encryptionKeyId", "contentType",
]
FACTS = [
    "id", "timestamp", "replay_key", "replay_key_source", "matched_secret_id",
    "encryption_key_id", "content_type", "payload",
]


def entry_of(entry):
    if entry is None:
        return b""
    if isinstance(entry, str):
        return ["secret", entry]
    expect_members("key", entry, ["secret"], ENTRY)
    return flat((ENTRY[name], value) for name, value in entry.items())


def keys_of(options):
    return flat((LISTS[name], [entry_of(entry) for entry in entries])
                for name, entries in options.items() if name in LISTS)


def options_of(scheme, options, apart=()):
    """The options of a receiver or a sender. `apart` are those that go another way."""
    expect_members("options", options, [], [*LISTS, *OPTIONS, *apart])
    plain = flat((OPTIONS[name], value) for name, value in options.items() if name in OPTIONS)
    return ["scheme", scheme, *plain, *keys_of(options)]


def bytes_of(case, name):
    """The member of that name: text, base64, or a text so many times. There is exactly one."""
    found = [key for key in (name, f"{name}_base64", f"{name}_repeat") if key in case]
    expect_equal(f"members for the {name}", len(found), 1)
    value = case[found[0]]
    if found[0] == name:
        return value.encode()
    return base64.b64decode(value) if found[0].endswith("_base64") else value[0].encode() * value[1]


def delivered(facts, body):
    """A delivery in the form of the vectors, from the facts of `receiver_open`."""
    facts = grouped(facts)
    expect_members("facts", facts, ["replay_key", "replay_key_source", "matched_secret_id"], FACTS)
    matched = [one.decode() for one in facts.pop("matched_secret_id")]
    for name, values in facts.items():
        expect_equal(f"times that the fact {name} stands", len(values), 1)
    text = {name: values[0].decode() for name, values in facts.items() if name != "payload"}
    return {
        "id": text.get("id"),
        "timestamp": int(text["timestamp"]) if "timestamp" in text else None,
        "replayKey": text["replay_key"],
        "replayKeySource": text["replay_key_source"],
        "replayProtected": "timestamp" in text,
        "secretId": matched[0],
        "matchedSecretIds": matched,
        "encrypted": "encryption_key_id" in text,
        "encryptionKeyId": text.get("encryption_key_id"),
        "contentType": text.get("content_type"),
        "payload": facts["payload"][0] if "payload" in facts else body,
    }


def opened(host, case):
    body = bytes_of(case, "body")
    keys = case["options"].get("keys", {})
    expect_members("keys", keys, [], LISTS)
    receiver = host.new("receiver_new", options_of(case["scheme"], case["options"], ["keys"]))
    try:
        request = ["now", case["now"], *keys_of(keys), "", *flat(case["headers"])]
        facts, headers = host.call("receiver_open", receiver, options=request, body=body)
    finally:
        host.free(receiver)
    expect_equal("headers of receiver_open", headers, [])
    return {"delivery": delivered(facts, body)}


def answer_or_code(call, *arguments):
    try:
        return call(*arguments)
    except PostsealError as refused:
        return {"code": refused.code}


def receives(host, case):
    members = ["name", "scheme", "options", "now", "headers", "expect", "source"]
    expect_members("case", case, members, ["body", "body_base64", "body_repeat", "seal"])
    expect_members("expect", case["expect"], [], ["code", "delivery"])
    expect_equal("expectations", len(case["expect"]), 1)
    wanted = case["expect"]
    if "delivery" in wanted:
        given = wanted["delivery"]
        expect_members("delivery", given, DELIVERY, ["payload", "payload_base64"])
        plain = {name: given[name] for name in DELIVERY}
        wanted = {"delivery": {**plain, "payload": bytes_of(given, "payload")}}
    host.asked.clear()
    expect_equal("answer", answer_or_code(opened, host, case), wanted)
    expect_equal("what was asked of the host", host.asked, [])


def message_of(message, now):
    expect_members("message", message, ["id"], ["payload", "payload_base64", "contentType"])
    content_type = ["content_type", message["contentType"]] if "contentType" in message else []
    return ["id", message["id"], *content_type, "now", now], bytes_of(message, "payload")


def seals(host, case):
    """By `seal`, and by `prepare` and `sign`: the same headers and the same body."""
    seal = case["seal"]
    expect_members("seal", seal, ["message", "options"], ["nonce"])
    request, payload = message_of(seal["message"], case["now"])
    nonce = [base64.b64decode(seal["nonce"])] if "nonce" in seal else []
    wanted = bytes_of(case, "body"), [tuple(pair) for pair in case["headers"]]
    for send in (sealed, prepared_and_signed):
        sender = host.new("sender_new", options_of(case["scheme"], seal["options"]))
        host.asked.clear()
        host.entropy[:] = nonce
        facts, headers = send(host, sender, request, payload)
        expect_members("facts", grouped(facts), [], ["body"])
        got = dict(facts).get(b"body", payload), [(n.decode(), v.decode()) for n, v in headers]
        expect_equal(send.__name__, got, wanted)
        expect_equal("what was asked of the host", host.asked, [("random_get", 12)] * len(nonce))
        host.free(sender)


def sealed(host, sender, request, payload):
    return host.call("sender_seal", sender, options=request, body=payload)


def prepared_and_signed(host, sender, request, payload):
    facts, none = host.call("sender_prepare", sender, options=request, body=payload)
    expect_equal("headers of sender_prepare", none, [])
    prepared = int(dict(facts)[b"handle"])
    without, headers = host.call("sender_sign", sender, prepared, options=request[-2:])
    expect_equal("facts of sender_sign", without, [])
    host.free(prepared)
    return [fact for fact in facts if fact[0] != b"handle"], headers


def refused_to_seal(host, case):
    sender = host.new("sender_new", options_of(case["scheme"], case["options"]))
    try:
        *before, last = case.get("nonces", [None])
        for nonce in before:
            sealed_with(host, sender, case, nonce)
        return answer_or_code(sealed_with, host, sender, case, last)
    finally:
        host.free(sender)


def sealed_with(host, sender, case, nonce):
    host.entropy[:] = [] if nonce is None else [base64.b64decode(nonce)]
    request, payload = message_of(case["message"], case["now"])
    return sealed(host, sender, request, payload)


def refuses_to_seal(host, case):
    members = ["name", "scheme", "options", "now", "message", "expect", "source"]
    expect_members("case", case, members, ["nonces"])
    expect_members("expect", case["expect"], ["code"])
    expect_equal("answer", answer_or_code(refused_to_seal, host, case), case["expect"])
    if case["expect"]["code"] == "entropy_unavailable":
        expect_equal("entropy that was not asked for", host.entropy, [])
    host.entropy.clear()
