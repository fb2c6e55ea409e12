"""Each operation of the module, from one end to the other, through the host in Python."""

import vectors
from scripted import Scripted, code_of, expect_code, expect_equal, flat, grouped

SECRET = "whsec_Y0K7d/+Ith10V7+fY6CypcLXXpzpfi4ONwyr7QUfRkQ="
PAYLOAD = b'{"type":"order.paid","amount":1250}'
NOW = 1700000000
OPERATIONS = [
    "claim_begin", "claim_change", "claim_decide", "claim_settle", "generate", "key_id",
    "next_attempt", "rate_limit", "receiver_new", "receiver_open", "sender_new", "sender_prepare",
    "sender_seal", "sender_sign",
]


def generated(host, kind):
    facts, _ = host.call("generate", options=["kind", kind])
    return {name.decode(): value.decode() for name, value in facts}


def sent_and_opened(host, sending, receiving, payload):
    """What the receiver says of a message that the sender sealed, by the clock of the host."""
    sender, receiver = host.new("sender_new", sending), host.new("receiver_new", receiving)
    request = ["id", "evt_1", "content_type", "application/json"]
    facts, headers = host.call("sender_seal", sender, options=request, body=payload)
    body = dict(facts).get(b"body", payload)
    options = ["", *flat(headers)]
    facts, none = host.call("receiver_open", receiver, options=options, body=body)
    expect_equal("headers", none, [])
    host.free(sender, receiver)
    return vectors.delivered(facts, body), dict(facts)


def it_describes_itself(path):
    host = Scripted(path)
    facts, headers = host.call("describe")
    facts = grouped(facts)
    expect_equal("headers", headers, [])
    expect_equal("facts", sorted(facts), ["abi_version", "code", "limit", "scheme", "version"])
    version = host.exports["postseal_abi_version"](host.store)
    expect_equal("abi_version", facts["abi_version"], [str(version).encode()])
    codes = dict(code.decode().split(" ") for code in facts["code"])
    expect_equal("how often a code stands", len(codes), len(facts["code"]))
    expect_equal("statuses", sorted(set(codes.values())), "401 409 413 422 429 500 503".split())
    for code in ["malformed_frame", "stale_handle", "module_failed", "invalid_config"]:
        expect_equal(f"{code} is listed", code in codes, True)
    limits = dict(limit.decode().split(" ") for limit in facts["limit"])
    expect_equal("body_bytes_max", limits["body_bytes_max"], "33554432")
    expect_equal("frame_bytes_max", limits["frame_bytes_max"], str(1 << 20))
    expect_equal("handles_max", limits["handles_max"], "32768")


def a_receiver_reads_the_headers_of_its_scheme(path):
    host = Scripted(path)
    for scheme in grouped(host.call("describe")[0])["scheme"]:
        name, *headers = scheme.split(b" ")
        facts, _ = host.call("receiver_new", options=["scheme", name])
        facts = grouped(facts)
        expect_equal("scheme", facts["scheme"], [name])
        expect_equal("header_name", facts["header_name"], headers)
        expect_equal("max_body_bytes", facts["max_body_bytes"], [b"1048576"])


def every_scheme_that_is_listed_opens_what_it_seals(path):
    host = Scripted(path)
    secret = ["secret", "a text of more than thirty-two bytes.", "encoding", "text"]
    for scheme in grouped(host.call("describe")[0])["scheme"]:
        options = ["scheme", scheme.split(b" ")[0], "secrets", [secret]]
        got, facts = sent_and_opened(host, options, options, PAYLOAD)
        expect_equal("payload", got["payload"], PAYLOAD)
        expect_equal("the payload is not copied", b"payload" in facts, False)
        expect_equal("encrypted", got["encrypted"], False)


def what_is_encrypted_comes_back_and_an_empty_payload_too(path):
    host = Scripted(path)
    key = generated(host, "encryption_key")["encryption_key"]
    key_id = dict(host.call("key_id", options=["encryption_key", key])[0])[b"key_id"].decode()
    keys = ["secrets", [["secret", SECRET]], "encryption_keys", [["secret", key]]]
    for envelope, payload in [("jwe", PAYLOAD), ("jwe", b""), ("json", PAYLOAD)]:
        options = ["scheme", "x-webhook", "envelope", envelope, *keys]
        got, facts = sent_and_opened(host, options, options, payload)
        expect_equal("payload", facts[b"payload"], payload)
        expect_equal("encryptionKeyId", got["encryptionKeyId"], key_id)
    options = ["secrets", [["secret", SECRET]]]
    got, facts = sent_and_opened(host, options, options, b"")
    expect_equal("payload", got["payload"], b"")
    expect_equal("the payload is not copied", b"payload" in facts, False)


def a_pair_of_signing_keys_signs_and_checks(path):
    host = Scripted(path)
    pair = generated(host, "signing_key_pair")
    expect_equal("facts", sorted(pair), ["private_key", "public_key"])
    sending = ["secrets", [["secret", pair["private_key"]]]]
    receiving = ["public_keys", [["secret", pair["public_key"], "id", "theirs"]]]
    got, _ = sent_and_opened(host, sending, receiving, PAYLOAD)
    expect_equal("matchedSecretIds", got["matchedSecretIds"], ["theirs"])


def keys_of_a_call_replace_those_of_the_receiver(path):
    host = Scripted(path)
    sender = host.new("sender_new", ["secrets", [["secret", SECRET]]])
    facts, headers = host.call("sender_seal", sender, options=["id", "evt_1"], body=PAYLOAD)
    expect_equal("facts", facts, [])
    other = generated(host, "secret")["secret"]
    own = host.new("receiver_new", ["secrets", [["secret", SECRET]]])
    none = host.new("receiver_new", [])
    theirs = ["secrets", [b"", ["secret", other], ["secret", SECRET, "id", "tenant"]]]
    for receiver, keys, wanted in [
        (own, [], None),
        (own, ["secrets", [["secret", other]]], "signature_mismatch"),
        (none, [], "no_live_secret"),
        (none, ["secrets", theirs[1][1:]], None),
        (none, theirs, "invalid_secret"),
    ]:
        options = [*keys, "", *flat(headers)]
        got = code_of(host.call, "receiver_open", receiver, options=options, body=PAYLOAD)
        expect_equal("code", got, wanted)


def a_header_that_comes_twice_is_refused(path):
    host = Scripted(path)
    options = ["secrets", [["secret", SECRET]]]
    sender, receiver = host.new("sender_new", options), host.new("receiver_new", options)
    _, headers = host.call("sender_seal", sender, options=["id", "evt_1"], body=PAYLOAD)
    twice = ["", *flat(headers), headers[0][0].upper(), "evt_2"]
    expect_code("duplicate_header", host.call, "receiver_open", receiver, options=twice,
                body=PAYLOAD)


def a_prepared_message_is_signed_attempt_after_attempt(path):
    host = Scripted(path)
    key = generated(host, "encryption_key")["encryption_key"]
    options = ["secrets", [["secret", SECRET]], "encryption_keys", [["secret", key]]]
    sender, receiver = host.new("sender_new", options), host.new("receiver_new", options)
    facts, _ = host.call("sender_prepare", sender, options=["id", "e"], body=PAYLOAD)
    facts = dict(facts)
    prepared = int(facts[b"handle"])
    for now in (NOW, NOW + 60):
        _, headers = host.call("sender_sign", sender, prepared, options=["now", now])
        request = ["now", now, "", *flat(headers)]
        opened, _ = host.call("receiver_open", receiver, options=request, body=facts[b"body"])
        expect_equal("timestamp", dict(opened)[b"timestamp"], str(now).encode())
    anew = host.new("sender_new", options)
    host.call("sender_sign", anew, prepared, options=["now", NOW])
    host.free(prepared)
    expect_code("stale_handle", host.call, "sender_sign", sender, prepared, options=[])
    plain = host.new("sender_new", ["secrets", [["secret", SECRET]]])
    facts, _ = host.call("sender_prepare", plain, options=["id", "e"], body=PAYLOAD)
    clear = int(dict(facts)[b"handle"])
    expect_code("invalid_config", host.call, "sender_sign", sender, clear, options=[])


def an_option_that_is_unknown_or_stands_twice_is_refused(path):
    host = Scripted(path)
    sender = host.new("sender_new", ["secrets", [["secret", SECRET]]])
    receiver = host.new("receiver_new", ["secrets", [["secret", SECRET]]])
    facts, _ = host.call("sender_prepare", sender, options=["id", "e"], body=b"")
    handles = {
        "receiver_open": [receiver],
        "sender_seal": [sender],
        "sender_prepare": [sender],
        "sender_sign": [sender, int(dict(facts)[b"handle"])],
    }
    with_body = ["receiver_open", "sender_seal", "sender_prepare", "claim_begin"]
    for name in OPERATIONS:
        body = b"" if name in with_body else None
        for options in (["tolerence", "1"], ["now", NOW, "now", NOW]):
            expect_code("invalid_config", host.call, name, *handles.get(name, []),
                        options=options, body=body)


def an_entry_of_keys_is_checked_like_options(path):
    host = Scripted(path)
    for entries, code in [
        ([["secret", SECRET, "not_befor", NOW]], "invalid_config"),
        ([["id", "a"]], "invalid_config"),
        ([], "invalid_config"),
        ([b"", ["secret", SECRET]], "invalid_secret"),
        ([["secret", SECRET], b""], None),
        ([["secret"]], "malformed_frame"),
        (SECRET, "malformed_frame"),
    ]:
        got = code_of(host.call, "receiver_new", options=["secrets", entries])
        expect_equal(f"code for {len(entries)} entries", got, code)


def a_store_with_one_operation_carries_a_claim(path):
    """Two workers claim one delivery: the first does the work, the second finds a duplicate."""
    host, store = Scripted(path), {}

    def swap(key, facts):
        facts = dict(facts)
        written = store.get(key) == facts.get(b"expected")
        if written:
            store[key] = facts[b"next"]
        return written

    begin = ["source", "orders", "scheme", "standard", "replay_key", "evt_1", "now", NOW]
    first, _ = host.call("claim_begin", options=begin, body=PAYLOAD)
    second, _ = host.call("claim_begin", options=begin, body=PAYLOAD)
    key, held = dict(first)[b"key"], dict(first)[b"next"]
    expect_equal("key", dict(second)[b"key"], key)
    expect_equal("first is written", swap(key, first), True)
    expect_equal("second is written", swap(key, second), False)
    wanted = ["wanted", dict(second)[b"next"], "now", NOW]
    answer, _ = host.call("claim_decide", options=[*wanted, "current", store[key]])
    expect_equal("while it runs", answer[0], (b"decision", b"in_progress"))
    done, _ = host.call("claim_change", options=["change", "done", "held", held])
    expect_equal("done is written", swap(key, done), True)
    answer, _ = host.call("claim_decide", options=[*wanted, "current", store[key]])
    expect_equal("afterwards", answer, [(b"decision", b"duplicate")])
    settle = ["wanted", dict(done)[b"next"], "current", store[key]]
    answer, _ = host.call("claim_settle", options=settle)
    expect_equal("settled", answer, [(b"decision", b"ok")])


def calls_in_great_number_keep_the_memory_small(path):
    host = Scripted(path)
    options = ["secrets", [["secret", SECRET]]]
    sent_and_opened(host, options, options, PAYLOAD)
    before = host.exports["memory"].size(host.store)
    for _ in range(500):
        sent_and_opened(host, options, options, PAYLOAD)
    expect_equal("pages of memory", host.exports["memory"].size(host.store), before)
