"""Scheme `github`: the body alone is signed, so nothing protects against a replay but its hash."""

from case import BODY, KEY, accepted, refused, sealed, signed, text_secret

ABOUT = "Scheme github: the documentation's example, and what X-Hub-Signature-256 may hold."

GITHUB = "docs.github.com, validating webhook deliveries"
SECRET = "It's a Secret to Everybody"
BODY_KNOWN = b"Hello, World!"
KNOWN = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def cases():
    secrets = [text_secret("first"), text_secret("second")]
    known = {"options": {"secrets": [SECRET]}, "headers": [["X-Hub-Signature-256", KNOWN]],
             "source": GITHUB}
    sha1 = [["X-Hub-Signature", "sha1=" + "0" * 40]]
    id_header = signed("github") + [["X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"]]
    return [
        accepted("github_known_answer", "github", body=BODY_KNOWN, **known),
        sealed("github_known_answer_sealed", "github", {"secrets": [SECRET]}, payload=BODY_KNOWN,
               source=GITHUB),
        sealed("github_with_content_type", "github", content_type="application/json"),
        sealed("github_shortest_secret", "github", {"secrets": ["x"]}),
        sealed("github_second_secret_matches", "github", {"secrets": secrets[1:]},
               {"secrets": secrets}, matched=("secret-2",)),
        sealed("github_signs_with_the_primary_alone", "github", {"secrets": secrets}),
        sealed("github_jwe_brings_the_id", "github",
               {"secrets": secrets[:1], "encryptionKeys": [KEY]}),
        sealed("github_json_envelope_has_no_id", "github",
               {"secrets": secrets[:1], "encryptionKeys": [KEY], "envelope": "json"}),
        accepted("github_delivery_header_is_no_id", "github", headers=id_header),
        accepted("github_sha1_header_beside", "github", headers=signed("github") + sha1),
        refused("github_known_answer_changed_body", "signature_mismatch", "github",
                body=b"Hello, World?", **known),
        refused("github_of_another_secret", "signature_mismatch", "github",
                options={"secrets": secrets[1:]}),
        refused("github_sha1_header_only", "missing_header", "github", headers=sha1),
        refused("github_under_standard_headers", "missing_header", "github",
                headers=signed("standard"), body=BODY),
    ]
