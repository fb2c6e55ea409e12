"""Envelope `json`: its members, their spellings, the nonce header, and changed ciphertexts."""

import base64
import json

from case import (BODY, KEY, NONCE, NOW, OTHER_KEY, SCHEMES, accepted, fixed_bytes, named, refused,
                  sealed, signed)
from envelope_case import KID, accept, json_envelope, refuse, ring, token
from sealing import base64_text, base64url_text, compact_json, key_id

ABOUT = "Envelope json: AES-256-GCM in a JSON object; every defect under a valid outer signature."

X = "x-webhook"


def text_of(**changes):
    return compact_json(json_envelope(**changes))


def body_of(**changes):
    return text_of(**changes).encode()


def bad(name, body, code="malformed_envelope", **options):
    return refuse(f"json_{name}", code, body.encode() if isinstance(body, str) else body, X,
                  **options)


def good(name, body, **facts):
    body = body.encode() if isinstance(body, str) else body
    return accept(f"json_{name}", body, X, message_id=None, **facts)


def sealed_cases():
    keys = ring(X)
    cases = [sealed(f"json_{scheme.replace('-', '_')}", scheme, ring(scheme, envelope="json"))
             for scheme in SCHEMES]
    return cases + [
        sealed("json_empty_payload", X, keys, payload=b""),
        sealed("json_binary_payload", X, keys, payload=bytes(range(256))),
        sealed("json_payload_is_an_envelope", X, keys, payload=body_of()),
        sealed("json_content_type_is_lost", X, keys, content_type="text/plain"),
        sealed("json_named_key", X, keys | {"encryptionKeys": [named(KEY, "2024-11/orders")]}),
        sealed("json_second_key_opens", X, keys, keys | {"encryptionKeys": [OTHER_KEY, KEY]}),
        sealed("json_encrypts_with_the_primary_alone", X,
               keys | {"encryptionKeys": [KEY, OTHER_KEY]}),
    ]


def accepted_spellings():
    pretty = json.dumps(json_envelope(), indent=2)
    whitespace = "\r\n\t " + text_of().replace(",", " ,\t").replace('":', '" : ') + " \n"
    slashed = next(nonce for nonce in (fixed_bytes(f"slash {n}", 12) for n in range(99))
                   if b"/" in base64.b64encode(nonce))
    mixed = text_of().replace('"kid"', '"\\u006Bi\\u0064"')
    return [
        good("without_kid", text_of(kid=None)),
        good("pretty_printed", pretty),
        good("every_whitespace", whitespace),
        good("members_in_reverse", compact_json(dict(reversed(json_envelope().items())))),
        good("escaped_slashes", text_of(nonce=slashed).replace("/", "\\/")),
        good("escaped_member_name", mixed),
        good("escaped_letters_in_base64", escaped_first_letter()),
        good("final_newline", text_of() + "\n"),
        good("named_key_without_kid", text_of(kid=None), encryption_key_id="orders",
             options=ring(X) | {"encryptionKeys": [named(KEY, "orders")]}),
    ]


def escaped_first_letter():
    """The nonce with its first letter written as an escape: the same JSON text."""
    nonce = json_envelope()["nonce"]
    escaped = f"\\u{ord(nonce[0]):04x}{nonce[1:]}"
    return text_of().replace(f'"{nonce}"', f'"{escaped}"')


def members():
    nonce = compact_json({"nonce": json_envelope()["nonce"]})[1:-1]
    sealed_text = compact_json({"encrypted": json_envelope()["encrypted"]})[1:-1]
    kid = f'"kid":"{KID}"'
    inner = text_of()[1:-1]
    texts = {
        "without_nonce": "{" + sealed_text + "," + kid + "}",
        "without_encrypted": "{" + nonce + "," + kid + "}",
        "nonce_alone": "{" + nonce + "}", "encrypted_alone": "{" + sealed_text + "}",
        "doubled_nonce": "{" + inner + "," + nonce + "}",
        "doubled_encrypted": "{" + sealed_text + "," + inner + "}",
        "doubled_kid": "{" + inner + "," + kid + "}",
        "doubled_nonce_behind_an_escape":
            "{" + inner + "," + nonce.replace("nonce", "n\\u006fnce") + "}",
        "doubled_kid_of_another_key": f'{{"kid":"{key_id(OTHER_KEY)}",{inner}}}',
    }
    foreign = {"tag": "AAAA", "alg": "A256GCM", "iv": json_envelope()["nonce"], "aad": "",
               "Nonce": json_envelope()["nonce"], "Encrypted": "", "id": "evt_1", "": "",
               "__proto__": {}, "data": {"a": [1, None]}, "timestamp": NOW}
    for name, value in foreign.items():
        label = name.strip("_").lower() or "of_no_name"
        if name[:1].isupper():
            label += "_in_title_case"
        texts[f"foreign_member_{label}"] = compact_json(json_envelope() | {name: value})
    cases = [bad(name, text) for name, text in texts.items()]
    kinds = {"null": None, "number": 1, "true": True, "array": [], "object": {}}
    return cases + [
        bad(f"{name}_is_{kind}", compact_json(json_envelope() | {name: value}))
        for name in ("encrypted", "nonce", "kid") for kind, value in kinds.items()]


def no_form():
    """A body that is no JSON object with one of the two members is not encrypted."""
    inner = text_of()
    texts = {
        "array": f"[{inner}]", "array_of_names": '["encrypted","nonce"]', "text": '"encrypted"',
        "empty_object": "{}", "empty_body": "", "null": "null", "kid_alone": f'{{"kid":"{KID}"}}',
        "nested": f'{{"data":{inner}}}', "names_in_upper_case": inner.upper(),
        "truncated": inner[:-1], "second_object": inner + inner, "text_after": inner + "x",
        "byte_order_mark": "\ufeff" + inner, "nul_after": inner + "\x00",
        "trailing_comma": inner[:-1] + ",}", "single_quotes": inner.replace('"', "'"),
        "comment": inner[:-1] + "/**/}",
        "raw_newline_in_text": inner.replace('"nonce":"', '"nonce":"\n'),
        "no_break_space": "\xa0" + inner,
    }
    cases = [bad(f"{name}_is_no_envelope", text, "not_encrypted") for name, text in texts.items()]
    deep = "[" * 5000 + "]" * 5000
    return cases + [
        bad("not_utf8_is_no_envelope", inner.encode().replace(b'"kid":"', b'"kid":"\xff'),
            "not_encrypted"),
        bad("utf16_is_no_envelope", inner.encode("utf-16-le"), "not_encrypted"),
        bad("deeply_nested_is_no_envelope", deep, "not_encrypted"),
        bad("jwe_under_envelope_json", token(), "not_encrypted"),
    ]


def spellings():
    """Each text padded wrongly, in the other alphabet, with bits left over, or broken."""
    # 24 bytes of ciphertext and 16 of tag leave bits over in base64.
    whole = json_envelope(plaintext=BODY[:24])
    cases = []
    for name, text in whole.items():
        if name == "kid":
            continue
        changes = {
            "padding_added": text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4 + 1),
            "padding_of_four": text.rstrip("=") + "====",
            "url_safe": "-_" + text[2:], "junk": "!" + text[1:],
            "inner_space": text[:4] + " " + text[5:],
            "inner_newline": text[:4] + "\n" + text[4:], "leading_space": " " + text,
            "final_newline": text + "\n", "one_character_lost": text[1:], "empty": "",
            "non_ascii": "é" + text[2:],
        }
        cases += [bad(f"{name}_{change}", compact_json(whole | {name: spelled}))
                  for change, spelled in changes.items()]
    unpadded = whole["encrypted"].rstrip("=")
    bits = unpadded[:-1] + chr(ord(unpadded[-1]) + 1)
    padding = "=" * (len(whole["encrypted"]) - len(unpadded))
    return cases + [
        bad("encrypted_unpadded", compact_json(whole | {"encrypted": unpadded})),
        bad("encrypted_trailing_bits", compact_json(whole | {"encrypted": bits + padding})),
        bad("encrypted_base64url_of_it_all",
            compact_json(whole | {"encrypted": base64url_text(b"\xff\xfe" * 20)})),
    ]


def lengths():
    sealed_bytes = base64.b64decode(json_envelope()["encrypted"])
    cases = [bad(f"nonce_of_{count}_bytes", text_of(nonce=fixed_bytes("iv", count)))
             for count in (8, 11, 13, 16, 24)]
    cases += [bad(f"encrypted_of_{count}_bytes", compact_json(
        json_envelope() | {"encrypted": base64_text(sealed_bytes[:count])}))
        for count in (0, 1, 12, 15)]
    return cases + [
        bad("encrypted_of_16_bytes_that_fit_nothing", compact_json(
            json_envelope() | {"encrypted": base64_text(sealed_bytes[:16])}), "decryption_failed"),
    ]


def nonce_header():
    """The unsigned header, if it is there, says the same as the signed body."""
    body, right = body_of(), base64_text(NONCE)
    other = base64_text(fixed_bytes("other nonce", 12))
    wrong = {"another": other, "empty": "", "unpadded_text": right + "=",
             "in_lower_case": right.lower(),
             "hexadecimal": NONCE.hex(), "junk": "x", "non_ascii": "é"}

    def under(*values):
        names = ["X-Encryption-Nonce", "x-encryption-nonce"]
        extra = [[name, value] for name, value in zip(names, values)]
        return {"options": ring(X), "headers": signed(X, body=body) + extra, "body": body}

    facts = {"payload": BODY, "encryption_key_id": KID}
    plain = {"options": ring(X, encryption="optional"), "body": BODY,
             "headers": signed(X) + [["X-Encryption-Nonce", right]]}
    standard = {"options": ring("standard", envelope="json"), "body": body,
                "headers": signed(body=body) + [["X-Encryption-Nonce", other]]}
    return [refused(f"json_nonce_header_{name}", "malformed_envelope", X, **under(text))
            for name, text in wrong.items()] + [
        refused("json_nonce_header_twice_one_differs", "malformed_envelope", X,
                **under(right, other)),
        refused("json_nonce_header_twice_and_equal", "malformed_envelope", X,
                **under(right, right)),
        accepted("json_nonce_header_absent", X, **under(), **facts),
        accepted("json_nonce_header_equal", X, **under(right), **facts),
        accepted("json_nonce_header_padded", X, **under(f" {right}\t"), **facts),
        accepted("json_nonce_header_beside_a_plain_body", X, **plain),
        accepted("json_nonce_header_under_standard_is_ignored", **standard, **facts),
    ]


def keys():
    both = {"encryptionKeys": [KEY, OTHER_KEY]}
    retired = {"encryptionKeys": [{"secret": KEY, "notAfter": NOW}, OTHER_KEY]}
    first = body_of()
    wrong = {"another": "nobody", "empty": "", "in_another_case": KID.swapcase()}
    cases = [bad(f"kid_{name}", text_of(kid=text), "unknown_key") for name, text in wrong.items()]
    return cases + [
        bad("kid_of_a_retired_key", first, "unknown_key", **retired),
        bad("derived_kid_of_a_named_key", first, "unknown_key",
            encryptionKeys=[named(KEY, "orders")]),
        bad("kid_names_another_live_key", text_of(kid=key_id(OTHER_KEY)), "decryption_failed",
            **both),
        bad("under_another_key", text_of(key=OTHER_KEY), "decryption_failed"),
        bad("malformed_before_kid", text_of(kid="nobody", nonce=fixed_bytes("iv", 11))),
        bad("kid_before_decryption", compact_json(
            json_envelope(kid="nobody") | {"encrypted": base64_text(bytes(40))}), "unknown_key"),
    ]


def changed():
    """One change after sealing, under a fresh valid signature."""
    whole = json_envelope()
    data, iv = base64.b64decode(whole["encrypted"]), base64.b64decode(whole["nonce"])

    def flipped(bytes_in, place):
        place %= len(bytes_in)
        return bytes_in[:place] + bytes([bytes_in[place] ^ 1]) + bytes_in[place + 1:]

    encrypted = {"first_byte": flipped(data, 0), "last_byte_of_the_tag": flipped(data, -1),
                 "first_byte_of_the_tag": flipped(data, -16), "cut": data[:-1],
                 "longer": data + b"\x00",
                 "tag_first": data[-16:] + data[:-16], "tag_alone": data[-16:],
                 "nonce_before_it": iv + data}
    return [bad(f"changed_encrypted_{name}",
                compact_json(whole | {"encrypted": base64_text(value)}),
                "decryption_failed") for name, value in encrypted.items()] + [
        bad("changed_nonce", compact_json(whole | {"nonce": base64_text(flipped(iv, 0))}),
            "decryption_failed"),
        bad("changed_nonce_all_zero", compact_json(whole | {"nonce": base64_text(bytes(12))}),
            "decryption_failed"),
        bad("changed_nonce_without_kid", compact_json(
            json_envelope(kid=None) | {"nonce": base64_text(flipped(iv, 11))}),
            "decryption_failed"),
        refused("json_malformed_and_unsigned", "signature_mismatch", X, options=ring(X),
                headers=signed(X), body=b'{"nonce":1}'),
        refused("json_malformed_and_too_old", "timestamp_too_old", X, options=ring(X),
                body=b'{"nonce":1}',
                headers=signed(X, body=b'{"nonce":1}', timestamp=str(NOW - 301))),
    ]


def cases():
    return (sealed_cases() + accepted_spellings() + members() + no_form() + spellings() + lengths()
            + nonce_header() + keys() + changed())
