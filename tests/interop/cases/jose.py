"""The PyPI package `jwcrypto`: it opens the tokens that we seal, and we open those it seals."""

import base64
import hashlib
import hmac
import json

from jwcrypto.jwe import JWE, InvalidJWEData
from jwcrypto.jwk import JWK
from standardwebhooks import Webhook

from cases.standard_webhooks import signed
from expect import expect_code, expect_equal, expect_refusal

ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"  # what `signed` signs
SECRET = "whsec_" + base64.b64encode(bytes([3] * 32)).decode()
KEY_BYTES = bytes(range(32))
KEY = "whenc_" + base64.b64encode(KEY_BYTES).decode()
OTHER_KEY = "whenc_" + base64.b64encode(bytes([9] * 32)).decode()
PAYLOADS = [b"", b"{}", bytes(range(256)) * 4]


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


KID = base64url(hmac.new(KEY_BYTES, b"postseal/kid/v1", hashlib.sha256).digest())
JWCRYPTO_KEY = JWK(kty="oct", k=base64url(KEY_BYTES))
HEADER = {"alg": "dir", "enc": "A256GCM", "kid": KID, "webhook-id": ID}


def token(header, payload=b"{}", key=JWCRYPTO_KEY, algorithms=None):
    """A token by jwcrypto; `header` is a dict, or the very text that is to be protected."""
    made = JWE(payload, protected=header, algs=algorithms)
    made.add_recipient(key)
    return made.serialize(compact=True)


def opened(text):
    """What jwcrypto reads in a token: the protected header and the payload."""
    read = JWE()
    read.deserialize(text, key=JWCRYPTO_KEY)
    return json.loads(read.objects["protected"]), read.payload


def flipped(part):
    """The part of a token with one bit of its first byte changed."""
    first, *rest = base64.urlsafe_b64decode(part + "==")
    return base64url(bytes([first ^ 1, *rest]))


def open_token(postseal, text, **options):
    """Our reading of a token, signed by the package `standardwebhooks`."""
    options = {"secret": SECRET, "encryption_key": KEY, **options}
    return postseal.open(signed(SECRET, text), text.encode(), **options)


def the_id_of_a_key_is_its_hmac(postseal):
    expect_equal("kid", postseal.key_id(KEY), KID)


def what_we_seal_it_opens(postseal):
    # jwcrypto takes an empty payload for a failure, so there is none of those here.
    for payload in filter(None, PAYLOADS):
        headers, body = postseal.seal(payload, secret=SECRET, encryption_key=KEY, id=ID)
        expect_equal("content type", headers["content-type"], "application/jose")
        Webhook(SECRET).verify(body, headers, json_parse=False)
        expect_equal("token", opened(body.decode()), (HEADER, payload))


def what_we_seal_for_an_audience_it_opens(postseal):
    _, body = postseal.seal(
        b"{}", secret=SECRET, encryption_key=KEY, id=ID,
        content_type='text/plain; charset="utf-8"', audience="https://example.com/hooks")
    header = HEADER | {"cty": 'text/plain; charset="utf-8"', "aud": "https://example.com/hooks"}
    expect_equal("token", opened(body.decode()), (header, b"{}"))


def what_we_seal_under_other_schemes_it_opens(postseal):
    for scheme in ["x-webhook", "stripe", "github", "slack", "shopify"]:
        _, body = postseal.seal(
            b"{}", scheme=scheme, envelope="jwe", secret="a secret of a provider",
            encryption_key=KEY, id=ID)
        expect_equal(scheme, opened(body.decode()), (HEADER, b"{}"))


def what_someone_changed_both_refuse(postseal):
    _, body = postseal.seal(b"{}", secret=SECRET, encryption_key=KEY, id=ID)
    parts = body.decode().split(".")
    spaced = base64url(json.dumps(HEADER).encode())  # says the same, in other bytes
    changes = [(0, spaced)] + [(position, flipped(parts[position])) for position in (2, 3, 4)]
    for position, part in changes:
        changed = ".".join([*parts[:position], part, *parts[position + 1:]])
        expect_refusal(InvalidJWEData, opened, changed)
        expect_code("decryption_failed", open_token, postseal, changed)


def what_it_seals_we_open(postseal):
    for payload in PAYLOADS:
        delivery = open_token(postseal, token(HEADER, payload))
        expect_equal("payload", delivery["payload"], payload)
        expect_equal("id", delivery["id"], ID)
        expect_equal("key", delivery["encryption_key_id"], KID)


def what_it_seals_with_any_header_text_we_open(postseal):
    shuffled = {"typ": "JOSE", "webhook-id": ID, "enc": "A256GCM", "kid": KID, "alg": "dir"}
    spaced = json.dumps(HEADER)
    indented = json.dumps(shuffled, indent=2)
    escaped = json.dumps(HEADER).replace("dir", "d\\u0069r")
    for text in [spaced, indented, escaped, json.dumps(shuffled, separators=(",", ":"))]:
        expect_equal("payload", open_token(postseal, token(text))["payload"], b"{}")


def what_it_says_of_the_payload_we_tell(postseal):
    sealed = token(HEADER | {"cty": "text/plain", "aud": "orders"})
    delivery = open_token(postseal, sealed, audience="orders")
    expect_equal("content type", delivery["content_type"], "text/plain")
    expect_code("wrong_audience", open_token, postseal, sealed, audience="billing")
    expect_code("wrong_audience", open_token, postseal, token(HEADER), audience="orders")


def what_it_seals_in_another_way_we_refuse(postseal):
    wrapped = HEADER | {"alg": "A256KW"}
    compressed = HEADER | {"zip": "DEF"}
    short = JWK(kty="oct", k=base64url(KEY_BYTES[:16]))
    tokens = [
        token(compressed),
        token(HEADER | {"enc": "A128GCM"}, key=short),
        token(HEADER | {"typ": "JWT"}),
        token(HEADER | {"aud": ["orders"]}),
        token(HEADER | {"webhook-id": "msg_of_another_message"}),
        token({name: value for name, value in HEADER.items() if name != "kid"}),
        token({name: value for name, value in HEADER.items() if name != "webhook-id"}),
    ]
    for text in tokens:
        expect_code("malformed_envelope", open_token, postseal, text)
    # A wrapped key stands in the second part, so this is not even in the form of our tokens.
    expect_code("not_encrypted", open_token, postseal, token(wrapped))


def what_it_seals_with_another_key_we_refuse(postseal):
    expect_code("unknown_key", open_token, postseal, token(HEADER), encryption_key=OTHER_KEY)
    other = JWK(kty="oct", k=base64url(bytes([9] * 32)))
    expect_code("decryption_failed", open_token, postseal, token(HEADER, key=other))


def what_we_sealed_with_another_key_it_refuses(postseal):
    _, body = postseal.seal(b"{}", secret=SECRET, encryption_key=OTHER_KEY, id=ID)
    expect_refusal(InvalidJWEData, opened, body.decode())
