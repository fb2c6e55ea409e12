"""The module against a host that errs: frames, pointers, handles, imports that fail, no memory."""

import base64
import secrets

import wasmtime

import vectors
from host import packed
from scripted import Scripted, code_of, expect_code, expect_equal, expect_members, flat

SECRET = "whsec_Y0K7d/+Ith10V7+fY6CypcLXXpzpfi4ONwyr7QUfRkQ="
KEY = "whenc_fWEIj924xMvz1cGWU8UcseyrBWI61/6/gTxaCgpUSQI="
KEYS = ["secrets", [["secret", SECRET]]]
ENCRYPTING = [*KEYS, "encryption_keys", [["secret", KEY]]]
PAYLOAD = b'{"type":"order.paid","amount":1250}'
NOW = 1700000000
HANDLES_MAX = 65536
RE_ENTRANT = {
    "postseal_alloc": (8,),
    "postseal_describe": (),
    "postseal_receiver_new": (0, 0),
    "postseal_handle_free": (0,),
}
EXPORTS = {
    "_initialize", "memory", "postseal_abi_version", "postseal_alloc", "postseal_claim_begin",
    "postseal_claim_change", "postseal_claim_decide", "postseal_claim_settle",
    "postseal_describe", "postseal_free", "postseal_generate", "postseal_handle_free",
    "postseal_key_id", "postseal_next_attempt", "postseal_rate_limit", "postseal_receiver_new",
    "postseal_receiver_open", "postseal_sender_new", "postseal_sender_prepare",
    "postseal_sender_seal", "postseal_sender_sign",
}


class Failing(Scripted):
    """`status` is what both imports answer; where it is not 0, they give nothing."""

    status = 0

    def random_get(self, caller, pointer, length):
        return self.status or super().random_get(caller, pointer, length)

    def clock_time_get(self, caller, clock, precision, pointer):
        return self.status or super().clock_time_get(caller, clock, precision, pointer)


class Reentrant(Scripted):
    """Calls the module out of its imports, and keeps what that answers."""

    answers, kept = None, 0

    def random_get(self, caller, pointer, length):
        self.enter(caller)
        return super().random_get(caller, pointer, length)

    def clock_time_get(self, caller, clock, precision, pointer):
        self.enter(caller)
        return super().clock_time_get(caller, clock, precision, pointer)

    def enter(self, caller):
        if self.answers is not None:
            calls = {**RE_ENTRANT, "postseal_free": (self.kept,)}
            self.answers += [caller[name](caller, *sent) for name, sent in calls.items()]


def run(host, name, *arguments):
    return host.exports[f"postseal_{name}"](host.store, *arguments)


def lent(host, data):
    """Memory that holds these bytes."""
    pointer = run(host, "alloc", len(data))
    host.exports["memory"].write(host.store, data, pointer)
    return pointer


def raw(host, name, *arguments):
    """The first string of the answer to a call with these very numbers."""
    answer = run(host, name, *arguments)
    pointer, length = answer >> 32 & 0xffffffff, answer & 0xffffffff
    data = bytes(host.exports["memory"].read(host.store, pointer, pointer + length))
    expect_equal("free of the answer", run(host, "free", pointer), 1)
    return data[4:4 + int.from_bytes(data[:4], "little")].decode()


def the_module_imports_and_exports_what_the_page_says(path):
    module = wasmtime.Module.from_file(wasmtime.Engine(), path)
    imports = sorted((one.module, one.name) for one in module.imports)
    wasi = "wasi_snapshot_preview1"
    expect_equal("imports", imports, [(wasi, "clock_time_get"), (wasi, "random_get")])
    expect_equal("exports", {one.name for one in module.exports}, EXPORTS)
    memory = [one.type for one in module.exports if one.name == "memory"]
    expect_equal("pages at most", memory[0].limits.max, 4096)


def a_frame_that_is_cut_off_is_refused(path):
    """At every byte. What is cut between an option and the next is a shorter frame, and whole."""
    host = Scripted(path)
    frame = packed(["scheme", "standard", *KEYS])
    whole = [0, len(packed(["scheme", "standard"])), len(frame)]
    pointer = lent(host, frame)
    for length in range(len(frame) + 1):
        wanted = "ok" if length in whole else "malformed_frame"
        expect_equal(f"{length} bytes", raw(host, "receiver_new", pointer, length), wanted)
    memory = host.exports["memory"].read(host.store, pointer, pointer + len(frame))
    expect_equal("the frame afterwards", bytes(memory), frame)


def a_frame_that_is_not_right_is_refused(path):
    host = Scripted(path)
    receiver = host.new("receiver_new", KEYS)
    for name, handles, options, body in [
        ("receiver_new", [], b"\xff\xff\xff\xff", None),
        ("receiver_new", [], ["scheme", b"\xff"], None),
        ("receiver_new", [], [*KEYS, ""], None),
        ("receiver_open", [receiver], ["", "webhook-id"], b""),
        ("receiver_open", [receiver], ["", "", "webhook-id", "evt_1"], b""),
        ("receiver_open", [receiver], ["", "a", "a" * (1 << 20)], b""),
    ]:
        expect_code("malformed_frame", host.call, name, *handles, options=options, body=body)
    expect_code("invalid_config", host.call, "receiver_new", options=[b"\xff", "1"])
    longest = ["", "a", "a" * ((1 << 20) - 13)]
    expect_equal("longest frame", len(packed(longest)), 1 << 20)
    for options in (["", "webhook-\xe9", b"\xff"], longest):
        expect_code("missing_header", host.call, "receiver_open", receiver, options=options,
                    body=b"")


def a_wild_pointer_is_refused(path):
    host = Scripted(path)
    frame = packed(KEYS)
    pointer, size = lent(host, frame + bytes(8)), len(frame)
    expect_equal("a part", raw(host, "receiver_new", pointer, size), "ok")
    receiver = host.new("receiver_new", KEYS)
    end = host.exports["memory"].data_len(host.store)
    for wild, length in [(0, 1), (8, size), (pointer - 1, size), (pointer, size + 9), (pointer, -1),
                         (end - 1, 2), (end, 1), (2**31 - 1, size), (-1, 1), (-1, -1)]:
        expect_equal(f"{wild}, {length}", raw(host, "receiver_new", wild, length),
                     "malformed_frame")
        got = raw(host, "receiver_open", receiver, 0, 0, wild, length)
        expect_equal(f"body at {wild}, {length}", got, "malformed_frame")
    expect_equal("no bytes, anywhere", raw(host, "receiver_new", -1, 0), "ok")
    expect_equal("free", run(host, "free", pointer), 1)
    expect_equal("freed", raw(host, "receiver_new", pointer, size), "malformed_frame")


def what_was_not_given_is_not_freed(path):
    host = Scripted(path)
    pointer = lent(host, bytes(100))
    for wild in (0, 1, -1, pointer + 1, pointer - 8, 2**31 - 1):
        expect_equal(f"free of {wild}", run(host, "free", wild), 0)
    expect_equal("free", run(host, "free", pointer), 1)
    expect_equal("free again", run(host, "free", pointer), 0)


def a_stale_handle_is_refused(path):
    host = Scripted(path)
    receiver, sender = host.new("receiver_new", KEYS), host.new("sender_new", KEYS)
    facts, _ = host.call("sender_prepare", sender, options=["id", "e"], body=PAYLOAD)
    prepared = int(dict(facts)[b"handle"])
    host.free(receiver)
    again = host.new("receiver_new", KEYS)
    expect_equal("a new handle", again == receiver, False)
    for wild in (receiver, sender, prepared, 0, -1, 1, 2**63 - 1, -2**63):
        expect_code("stale_handle", host.call, "receiver_open", wild, options=[], body=b"")
    for wild in (receiver, again, prepared, 0, -1):
        expect_code("stale_handle", host.call, "sender_seal", wild, options=["id", "e"], body=b"")
        expect_code("stale_handle", host.call, "sender_sign", wild, prepared, options=[])
    for wild in (receiver, again, sender, 0, -1):
        expect_code("stale_handle", host.call, "sender_sign", sender, wild, options=[])
    expect_code("stale_handle", host.call, "handle_free", receiver)
    host.free(again, sender, prepared)


def handles_are_given_out_up_to_their_number(path):
    host = Scripted(path)
    first = host.new("receiver_new", [])
    for _ in range(HANDLES_MAX - 1):
        answer = run(host, "receiver_new", 0, 0)
        run(host, "free", answer >> 32 & 0xffffffff)
    expect_code("invalid_config", host.call, "receiver_new", options=[])
    host.free(first)
    host.new("receiver_new", [])


def a_call_out_of_an_import_answers_0(path):
    host = Reentrant(path)
    sender = host.new("sender_new", ENCRYPTING)
    host.kept = lent(host, b"kept")
    host.answers = []
    facts, headers = host.call("sender_seal", sender, options=["id", "evt_1"], body=PAYLOAD)
    expect_equal("answers", host.answers, [0] * 2 * (len(RE_ENTRANT) + 1))
    expect_equal("what was asked", [name for name, _ in host.asked],
                 ["clock_time_get", "random_get"])
    host.answers = None
    expect_equal("free", run(host, "free", host.kept), 1)
    receiver = host.new("receiver_new", ENCRYPTING)
    host.call("receiver_open", receiver, options=["", *flat(headers)], body=dict(facts)[b"body"])


def an_import_that_fails_has_a_code_of_its_own(path):
    host = Failing(path)
    sender, receiver = host.new("sender_new", ENCRYPTING), host.new("receiver_new", KEYS)
    host.status = 29
    for code, name, handles, options, body in [
        ("entropy_unavailable", "sender_seal", [sender], ["id", "e", "now", NOW], b""),
        ("entropy_unavailable", "generate", [], ["kind", "secret"], None),
        ("entropy_unavailable", "next_attempt", [], ["attempt", 1, "now", NOW], None),
        ("clock_unavailable", "receiver_open", [receiver], [], b""),
    ]:
        expect_code(code, host.call, name, *handles, options=options, body=body)
    host.status = 0
    host.call("sender_seal", sender, options=["id", "e"], body=PAYLOAD)


def memory_that_runs_out_traps_and_nothing_else_follows(path):
    host = Scripted(path)
    expect_equal("more than there can be", run(host, "alloc", 300 << 20), 0)
    expect_equal("4 GiB", run(host, "alloc", -1), 0)
    expect_equal("code", code_of(host.call, "describe"), None)
    for size in (1 << 20, 1 << 10, 1):
        while run(host, "alloc", size):
            pass
    expect_code("module_failed", host.call, "describe")
    expect_equal("alloc after a trap", run(host, "alloc", 1), 0)


def what_is_freed_is_wiped(path):
    host = Scripted(path)
    secret, key = secrets.token_bytes(32), secrets.token_bytes(32)
    payload = b'{"note":"' + secrets.token_hex(32).encode() + b'"}'
    texts = [b"whsec_" + base64.b64encode(secret), b"whenc_" + base64.b64encode(key)]
    options = ["secrets", [["secret", texts[0]]], "encryption_keys", [["secret", texts[1]]]]
    sender, receiver = host.new("sender_new", options), host.new("receiver_new", options)
    facts, headers = host.call("sender_seal", sender, options=["id", "e"], body=payload)
    request, body = ["", *flat(headers)], dict(facts)[b"body"]
    opened, _ = host.call("receiver_open", receiver, options=request, body=body)
    expect_equal("payload", dict(opened)[b"payload"], payload)
    host.free(sender, receiver)
    memory = bytes(host.exports["memory"].read(host.store))
    for what in (secret, key, payload, *texts):
        expect_equal("what is left of it", memory.count(what), 0)


def a_member_of_a_vector_that_is_unknown_fails(path):
    """The runner's own check: what a case has and the runner does not know must not pass."""
    host = Scripted(path)
    case = {"name": "n", "scheme": "standard", "options": {"secrets": [SECRET]}, "now": NOW,
            "headers": [], "body": "", "expect": {"code": "missing_header"}, "source": "s"}
    vectors.receives(host, case)
    for wrong in [
        {**case, "more": 1},
        {**case, "expect": {"code": "missing_header", "more": 1}},
        {**case, "expect": {}},
        {**case, "expect": {"code": "missing_headers"}},
        {**case, "options": {"secrets": [SECRET], "more": 1}},
        {**case, "options": {"secrets": [{"secret": SECRET, "more": 1}]}},
        {**case, "options": {"secrets": [SECRET], "keys": {"more": []}}},
        {**case, "options": {"secrets": [SECRET], "sealedBefore": 1}},
        {**case, "body_base64": ""},
    ]:
        try:
            vectors.receives(host, wrong)
        except AssertionError:
            continue
        raise AssertionError(f"passed: {wrong}")
    expect_members("nothing", {}, [])
