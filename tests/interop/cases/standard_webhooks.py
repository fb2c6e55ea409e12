"""The PyPI package `standardwebhooks`: what it signs we open, what we sign it verifies."""

import base64
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from expect import expect_code, expect_equal, expect_refusal

ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
# The package signs text alone, so every payload is UTF-8.
EVENT = '{"event":"order.paid","amount":4200}'
PAYLOADS = ["", "{}", EVENT, "a\r\nb\0c.1700000000.\ufffd\U0001f4e6"]
# The shortest secret, a usual one, and the longest of the specification.
SECRETS = ["whsec_" + base64.b64encode(bytes([0xA5] * count)).decode() for count in (24, 32, 64)]
OTHER_SECRET = "whsec_" + base64.b64encode(bytes([0x5A] * 32)).decode()


def signed(secret, payload, moment=None, prefix="webhook"):
    """The headers that the package would send."""
    moment = moment or datetime.now(tz=timezone.utc)
    return {
        f"{prefix}-id": ID,
        f"{prefix}-timestamp": str(int(moment.timestamp())),
        f"{prefix}-signature": Webhook(secret).sign(ID, moment, payload),
    }


def what_it_signs_we_open(postseal):
    for secret in SECRETS:
        for payload in PAYLOADS:
            delivery = postseal.open(signed(secret, payload), payload.encode(), secret=secret)
            expect_equal("payload", delivery["payload"], payload.encode())
            expect_equal("id", delivery["id"], ID)


def what_it_signs_we_open_under_the_names_of_svix(postseal):
    headers = signed(SECRETS[0], EVENT, prefix="svix")
    delivery = postseal.open(headers, EVENT.encode(), secret=SECRETS[0])
    expect_equal("id", delivery["id"], ID)


def what_we_sign_it_verifies(postseal):
    for secret in SECRETS:
        for payload in PAYLOADS:
            headers, body = postseal.seal(payload.encode(), secret=secret, id=ID)
            expect_equal("body", body, payload.encode())
            Webhook(secret).verify(body, headers, json_parse=False)


def what_we_encrypt_it_verifies(postseal):
    key = postseal.generate("encryption")["encryption_key"]
    headers, body = postseal.seal(b"{}", secret=SECRETS[0], encryption_key=key, id=ID)
    Webhook(SECRETS[0]).verify(body, headers, json_parse=False)


def each_secret_of_a_rotation_verifies(postseal):
    pair = postseal.generate("ed25519")
    secrets = [pair["private_key"], OTHER_SECRET, SECRETS[0]]
    headers, body = postseal.seal(b"{}", secret=secrets, id=ID)
    for secret in secrets[1:]:
        Webhook(secret).verify(body, headers)
    delivery = postseal.open(headers, body, secret=SECRETS[0], public_key=pair["public_key"])
    expect_equal("keys", delivery["matched_secret_ids"], ["secret-1", "public-key-1"])


def each_signature_of_a_rotation_opens(postseal):
    moment = datetime.now(tz=timezone.utc)
    headers = signed(SECRETS[0], "{}", moment)
    headers["webhook-signature"] += " " + Webhook(OTHER_SECRET).sign(ID, moment, "{}")
    delivery = postseal.open(headers, b"{}", secret=[OTHER_SECRET, SECRETS[0]])
    expect_equal("keys", delivery["matched_secret_ids"], ["secret-1", "secret-2"])


def both_refuse_another_body_and_another_secret(postseal):
    headers = signed(SECRETS[0], "{}")
    for body, secret in [(b"{ }", SECRETS[0]), (b"{}", OTHER_SECRET)]:
        expect_code("signature_mismatch", postseal.open, headers, body, secret=secret)
        expect_refusal(WebhookVerificationError, Webhook(secret).verify, body, headers)


def both_refuse_another_time(postseal):
    for seconds, code in [(-400, "timestamp_too_old"), (400, "timestamp_too_new")]:
        moment = datetime.now(tz=timezone.utc) + timedelta(seconds=seconds)
        headers = signed(SECRETS[0], "{}", moment)
        expect_code(code, postseal.open, headers, b"{}", secret=SECRETS[0])
        expect_refusal(WebhookVerificationError, Webhook(SECRETS[0]).verify, b"{}", headers)
