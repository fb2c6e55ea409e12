"""Scheme `x-webhook`: a timestamp and the body under HMAC-SHA256, in lower-case hex."""

from case import BODY, KEY, NOW, accepted, refused, sealed, signed, text_secret

ABOUT = "Scheme x-webhook: plain, with its JSON envelope, and with JWE, which brings the id."

GUIDE = "the guide to encrypted webhooks: HMAC over timestamp.body"


def cases():
    secret = text_secret("first")
    keys = {"secrets": [secret], "encryptionKeys": [KEY]}
    header_id = signed("x-webhook") + [["webhook-id", "evt_unsigned"]]
    other = {"secrets": [text_secret("second")]}
    moved = [["X-Webhook-Timestamp", "170000000"], signed("x-webhook")[1]]
    return [
        sealed("x_webhook_plain", "x-webhook", source=GUIDE),
        sealed("x_webhook_with_content_type", "x-webhook", content_type="application/json"),
        sealed("x_webhook_binary_payload", "x-webhook", payload=bytes(range(255, -1, -1))),
        sealed("x_webhook_empty_payload", "x-webhook", payload=b""),
        sealed("x_webhook_json_envelope", "x-webhook", keys, source=GUIDE),
        sealed("x_webhook_jwe_brings_the_id", "x-webhook", keys | {"envelope": "jwe"},
               content_type="application/json"),
        sealed("x_webhook_signs_with_the_primary_alone", "x-webhook",
               {"secrets": [secret, text_secret("second")]}),
        accepted("x_webhook_unsigned_id_header_is_no_id", "x-webhook", headers=header_id),
        refused("x_webhook_of_another_secret", "signature_mismatch", "x-webhook", options=other),
        refused("x_webhook_timestamp_unsigned", "signature_mismatch", "x-webhook",
                headers=[["X-Webhook-Timestamp", str(NOW + 1)], signed("x-webhook")[1]]),
        refused("x_webhook_dot_moved_into_the_body", "signature_mismatch", "x-webhook",
                headers=moved, body=b"0." + BODY),
        refused("x_webhook_under_standard_headers", "missing_header", "x-webhook",
                headers=signed("standard")),
    ]
