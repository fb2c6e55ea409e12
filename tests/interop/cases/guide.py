"""The guide's format over HTTP: its sender to our receiver, our sender to its receiver."""

import base64
import json
import secrets
import time

import httpx

import guide_receiver
import guide_sender
from endpoint import Endpoint
from expect import expect_code, expect_equal
from program import Failed

SECRET = secrets.token_urlsafe(32)
OTHER_SECRET = secrets.token_urlsafe(32)
KEY_BYTES = secrets.token_bytes(32)
KEY = "whenc_" + base64.b64encode(KEY_BYTES).decode()
PAYLOADS = [b"", b'{"event":"order.paid","amount":4200}', bytes(range(256)), b"x" * 100_000]


class OurReceiver:
    """Gives each request to `postseal open`, and keeps the delivery or the code."""

    def __init__(self, postseal, **options):
        self._postseal = postseal
        self._options = {"scheme": "x-webhook", "secret": SECRET, "encryption_key": KEY, **options}
        self.delivery = self.code = None

    def __call__(self, headers, body):
        self.delivery = self.code = None
        try:
            self.delivery = self._postseal.open(headers, body, **self._options)
        except Failed as failed:
            self.code = failed.code
        return self.delivery is not None


class GuideReceiver:
    """Gives each request to the guide's receiver, and keeps the payload."""

    def __init__(self):
        self.payload = None

    def __call__(self, headers, body):
        self.payload = None
        try:
            self.payload = guide_receiver.open_message(
                headers, body, SECRET, KEY_BYTES, now=int(time.time()))
        except guide_receiver.Refused:
            pass
        return self.payload is not None


def sealed(postseal, payload, **options):
    """The headers and the body that we would send."""
    options = {"secret": SECRET, "encryption_key": KEY, "id": "evt_1", **options}
    return postseal.seal(payload, scheme="x-webhook", **options)


def post(endpoint, headers, body):
    return httpx.post(endpoint.url, content=body, headers=headers, timeout=10).status_code


def the_guides_sender_is_read_by_our_receiver(postseal):
    receiver = OurReceiver(postseal)
    with Endpoint(receiver) as endpoint:
        for payload in PAYLOADS:
            answer = guide_sender.send(endpoint.url, payload, SECRET, KEY_BYTES)
            expect_equal("status", (answer.status_code, receiver.code), (200, None))
            expect_equal("payload", receiver.delivery["payload"], payload)
            expect_equal("encrypted", receiver.delivery["encrypted"], True)
            expect_equal("replay protection", receiver.delivery["replay_protected"], True)


def our_sender_is_read_by_the_guides_receiver(postseal):
    receiver = GuideReceiver()
    with Endpoint(receiver) as endpoint:
        for payload in PAYLOADS:
            expect_equal("status", post(endpoint, *sealed(postseal, payload)), 200)
            expect_equal("payload", receiver.payload, payload)


def our_sender_in_a_rotation_is_read_by_the_guides_receiver(postseal):
    other_key = postseal.generate("encryption")["encryption_key"]
    receiver = GuideReceiver()
    with Endpoint(receiver) as endpoint:
        headers, body = sealed(
            postseal, b"{}", secret=[SECRET, OTHER_SECRET], encryption_key=[KEY, other_key])
        expect_equal("status", post(endpoint, headers, body), 200)
        expect_equal("payload", receiver.payload, b"{}")


def our_receiver_in_a_rotation_reads_the_guides_sender(postseal):
    other_key = postseal.generate("encryption")["encryption_key"]
    receiver = OurReceiver(
        postseal, secret=[OTHER_SECRET, SECRET], encryption_key=[other_key, KEY])
    with Endpoint(receiver) as endpoint:
        answer = guide_sender.send(endpoint.url, b"{}", SECRET, KEY_BYTES)
        expect_equal("status", (answer.status_code, receiver.code), (200, None))
        expect_equal("secret", receiver.delivery["secret_id"], "secret-2")
        expect_equal("key", receiver.delivery["encryption_key_id"], postseal.key_id(KEY))


def our_receiver_refuses_what_the_guides_sender_did_not_send(postseal):
    now = int(time.time())
    headers, body = guide_sender.seal(b"{}", SECRET, KEY_BYTES, now)
    rewritten = json.dumps(json.loads(body), separators=(",", ":")).encode()
    other_nonce = headers | {"X-Encryption-Nonce": base64.b64encode(bytes(12)).decode()}
    later = headers | {"X-Webhook-Timestamp": str(now + 1)}
    cases = [
        (headers, rewritten, "signature_mismatch"),
        (later, body, "signature_mismatch"),
        (other_nonce, body, "malformed_envelope"),
        (*guide_sender.seal(b"{}", OTHER_SECRET, KEY_BYTES, now), "signature_mismatch"),
        (*guide_sender.seal(b"{}", SECRET, bytes(32), now), "decryption_failed"),
        (*guide_sender.seal(b"{}", SECRET, KEY_BYTES, now - 400), "timestamp_too_old"),
        (*guide_sender.seal(b"{}", SECRET, KEY_BYTES, now + 400), "timestamp_too_new"),
    ]
    receiver = OurReceiver(postseal)
    with Endpoint(receiver) as endpoint:
        for case_headers, case_body, code in cases:
            status = post(endpoint, case_headers, case_body)
            expect_equal("answer", (status, receiver.code), (401, code))


def the_guides_receiver_refuses_what_we_did_not_send(postseal):
    now = int(time.time())
    headers, body = sealed(postseal, b"{}")
    other_key = postseal.generate("encryption")["encryption_key"]
    cases = [
        (headers, body.replace(b"{", b"{ ", 1)),
        (headers | {"X-Webhook-Timestamp": str(now + 1)}, body),
        sealed(postseal, b"{}", secret=OTHER_SECRET),
        sealed(postseal, b"{}", encryption_key=other_key),
        sealed(postseal, b"{}", now=now - 400),
        sealed(postseal, b"{}", now=now + 400),
    ]
    receiver = GuideReceiver()
    with Endpoint(receiver) as endpoint:
        for case_headers, case_body in cases:
            expect_equal("status", post(endpoint, case_headers, case_body), 401)
        expect_equal("status", post(endpoint, headers, body), 200)


def our_receiver_refuses_a_plain_body_where_the_guide_encrypts(postseal):
    timestamp = str(int(time.time()))
    headers = {
        "X-Webhook-Timestamp": timestamp,
        "X-Webhook-Signature": guide_sender.sign(timestamp, b"{}", SECRET),
    }
    options = {"scheme": "x-webhook", "secret": SECRET}
    expect_code("not_encrypted", postseal.open, headers, b"{}", encryption_key=KEY, **options)
    expect_equal("payload", postseal.open(headers, b"{}", **options)["payload"], b"{}")
