"""Answers the demo's question in wasmtime, JSON in, JSON out: `wasmtime_host.py PATH_TO_MODULE`."""

import base64
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "abi"))

from host import Host, PostsealError  # noqa: E402
from wasmtime import Config, Engine, Store  # noqa: E402

# The maximum that the module declares.
MEMORY_BYTES_MAX = 256 << 20
# Fuel bounds the instructions of a call. Opening an encrypted body takes some 500 of them a byte;
# the most expensive fixed work, eight Ed25519 signatures, takes 22 million.
FUEL_PER_CALL, FUEL_PER_BYTE = 100_000_000, 2_000


class LimitedHost(Host):
    """A host whose memory and whose calls are bounded, by fuel instead of a deadline."""

    def __init__(self, path):
        config = Config()
        config.consume_fuel = True
        super().__init__(path, Engine(config))

    def new_store(self, engine):
        store = Store(engine)
        store.set_limits(memory_size=MEMORY_BYTES_MAX)
        store.set_fuel(FUEL_PER_CALL)
        return store

    def call(self, name, *handles, options=None, body=None):
        self.store.set_fuel(FUEL_PER_CALL + FUEL_PER_BYTE * len(body or b""))
        return super().call(name, *handles, options=options, body=body)

    def facts(self, name, *handles, options=None, body=None):
        """The facts of an answer that names each once, as text."""
        facts, _ = self.call(name, *handles, options=options, body=body)
        return {fact.decode(): value.decode() for fact, value in facts}


def key_lists(options):
    return [
        "secrets", [key_entry(key) for key in options["secrets"]],
        "encryption_keys", [key_entry(key) for key in options["encryptionKeys"]],
    ]


def key_entry(key):
    return ["secret", key] if isinstance(key, str) else flat(key)


def flat(pairs):
    return [word for pair in pairs.items() for word in pair]


def seal(host, question):
    message, payload = question["message"], question["message"]["payload"].encode()
    sender = int(host.facts("sender_new", options=key_lists(question["options"]))["handle"])
    options = ["id", message["id"], "now", question["now"]]
    facts, headers = host.call("sender_seal", sender, options=options, body=payload)
    body = dict(facts).get(b"body", payload)
    headers = {name.decode(): value.decode() for name, value in headers}
    return {"headers": headers, "body_base64": base64.b64encode(body).decode()}


def open_case(host, case):
    receiver = dict(host.call("receiver_new", options=key_lists(case["options"]))[0])
    body, handle = base64.b64decode(case["body_base64"]), int(receiver[b"handle"])
    options = ["", *flat(case["headers"])]
    try:
        facts, _ = host.call("receiver_open", handle, options=options, body=body)
    except PostsealError as error:
        return {"outcome": error.code}
    delivery = dict(facts)
    payload = delivery.get(b"payload", body)
    if json.loads(payload).get("type") != "invoice.paid":
        return {"outcome": "wrong payload"}
    if case["repeat"]:
        subject = ["source", "demo", "scheme", receiver[b"scheme"]]
        subject += ["replay_key", delivery[b"replay_key"]]
        return {"outcome": claim_twice(host, subject, payload)}
    matched = [value.decode() for fact, value in facts if fact == b"matched_secret_id"]
    return {"outcome": "ok", "matched": matched}


def claim_twice(host, subject, payload):
    """The first claim does the work; the answer is the outcome of the second."""
    stored = None  # the demo's store: the text of its one key

    def swap(facts):
        nonlocal stored
        written = stored == facts.get("expected")
        if written:
            stored = facts["next"]
        return written

    first = host.facts("claim_begin", options=subject, body=payload)
    swap(first)
    swap(host.facts("claim_change", options=["change", "done", "held", first["next"]]))
    second = host.facts("claim_begin", options=subject, body=payload)
    if swap(second):
        return "new"
    options = ["wanted", second["next"], "current", stored]
    return host.facts("claim_decide", options=options)["decision"]


def main():
    host, question = LimitedHost(sys.argv[1]), json.load(sys.stdin)
    if "seal" in question:
        answer = seal(host, question["seal"])
    else:
        answer = [open_case(host, case) for case in question["open"]]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
