"""Scheme `shopify`: the body alone under HMAC-SHA256, in padded base64."""

from case import KEY, accepted, refused, sealed, signed, text_secret

ABOUT = "Scheme shopify: the body alone is signed, and the signature is bare base64."


def cases():
    secrets = [text_secret("first"), text_secret("second")]
    id_header = signed("shopify") + [["X-Shopify-Webhook-Id",
                                      "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"]]
    return [
        sealed("shopify_plain", "shopify"),
        sealed("shopify_with_content_type", "shopify", content_type="application/json"),
        sealed("shopify_second_secret_matches", "shopify", {"secrets": secrets[1:]},
               {"secrets": secrets}, matched=("secret-2",)),
        sealed("shopify_signs_with_the_primary_alone", "shopify", {"secrets": secrets}),
        sealed("shopify_jwe_brings_the_id", "shopify",
               {"secrets": secrets[:1], "encryptionKeys": [KEY]}),
        accepted("shopify_webhook_id_header_is_no_id", "shopify", headers=id_header),
        refused("shopify_of_another_secret", "signature_mismatch", "shopify",
                options={"secrets": secrets[1:]}),
        refused("shopify_changed_body", "signature_mismatch", "shopify",
                headers=signed("shopify", body=b"another")),
    ]
