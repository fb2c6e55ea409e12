"""Envelope `jwe`: what is accepted, the five parts and their spellings, and what binds them."""

import base64
import json

from case import (BODY, KEY, NONCE, NOW, OTHER_KEY, SCHEMES, accepted, fixed_bytes, named,
                  refused, sealed, signed)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from envelope_case import (KID, accept, filled, filled_type, header_text, members, refuse,
                           respelled, ring, token)
from sealing import base64url_text, compact_json, encryption_key, key_id

ABOUT = "Envelope jwe: RFC 7516 compact, dir, A256GCM; every defect under a valid outer signature."


def accepted_headers():
    """Other spellings of the same header, and members that may be there."""
    pretty = json.dumps(members(), indent=4)
    spaced = "\t\r\n {" + header_text()[1:-1].replace(":", " : ").replace(",", " ,\n") + "\n} "
    return [
        accept("jwe_spaced_json", token(json.dumps(members()))),
        accept("jwe_pretty_printed_json", token(pretty)),
        accept("jwe_json_with_every_whitespace", token(spaced)),
        accept("jwe_members_in_reverse", token(dict(reversed(members().items())))),
        accept("jwe_typ_jose", token(members(typ="JOSE"))),
        accept("jwe_member_name_escaped", token(header_text().replace('"kid"', '"\\u006bid"'))),
        accept("jwe_member_value_escaped", token(header_text().replace('"dir"', '"d\\u0069r"'))),
        accept("jwe_content_type_with_escaped_slash",
               token(header_text(cty="a/b").replace("/", "\\/")),
               content_type="a/b"),
        accept("jwe_audience_ignored_where_none_is_configured", token(members(aud="elsewhere"))),
        accept("jwe_header_of_2048_bytes", token(filled(2048)), content_type=filled_type(2048)),
    ]


def sealed_cases():
    keys = ring("standard")
    cases = [sealed(f"jwe_{scheme.replace('-', '_')}", scheme, ring(scheme, envelope="jwe"))
             for scheme in SCHEMES]
    named_keys = keys | {"encryptionKeys": [named(KEY, "2024-11/orders")]}
    return cases + [
        sealed("jwe_with_content_type", "standard", keys, content_type="application/json"),
        sealed("jwe_content_type_to_escape", "standard", keys,
               content_type='multipart/mixed; boundary="a\\b"; x=/'),
        sealed("jwe_empty_payload", "standard", keys, payload=b""),
        sealed("jwe_one_byte", "standard", keys, payload=b"\x00"),
        sealed("jwe_binary_payload", "standard", keys, payload=bytes(range(256))),
        sealed("jwe_payload_is_a_jwe", "standard", keys, payload=token()),
        sealed("jwe_named_key", "standard", named_keys),
        sealed("jwe_encrypts_with_the_primary_alone", "standard",
               keys | {"encryptionKeys": [KEY, OTHER_KEY]}),
        sealed("jwe_second_key_opens", "standard", keys,
               keys | {"encryptionKeys": [OTHER_KEY, KEY]}),
        sealed("jwe_with_audience", "standard", keys | {"audience": "https://a.example/hooks"}),
        sealed("jwe_with_everything", "standard", named_keys | {"audience": 'a "b" \\c'},
               content_type="application/json"),
        sealed("jwe_audience_sent_and_not_asked_for", "standard", keys | {"audience": "orders"},
               keys),
    ]







def lengths():
    """IV and tag of every wrong length, each otherwise as the cipher made it."""
    cases = [refuse(f"jwe_iv_of_{count}_bytes", "malformed_envelope",
                    token(nonce=fixed_bytes("iv", count))) for count in (8, 11, 13, 16, 24)]
    cases.append(refuse("jwe_iv_empty", "malformed_envelope", respelled(2, lambda text: "")))
    tag = decoded(token().split(b".")[4])
    for count in range(16):
        cut = respelled(4, lambda text: base64url_text(tag[:count]))
        cases.append(refuse(f"jwe_tag_of_{count}_bytes", "malformed_envelope", cut))
    for count in (17, 32):
        wide = respelled(4, lambda text: base64url_text((tag + tag)[:count]))
        cases.append(refuse(f"jwe_tag_of_{count}_bytes", "malformed_envelope", wide))
    return cases


def decoded(text):
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def trailing_bit(text):
    """The same bytes with a bit set that the last character leaves over."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def spellings():
    """Each part padded, in the other alphabet, with bits left over, or of an impossible length."""
    # The lengths leave bits over in every part; the filler makes '-' and '_' appear in each.
    header = token(members(cty="~~~???"), plaintext=BODY[:34])
    names = {0: "header", 2: "iv", 3: "ciphertext", 4: "tag"}
    cases = []
    for place, name in names.items():
        part = header.decode().split(".")[place]
        padding = "=" * (-len(part) % 4) or "===="
        changes = {
            "padded": lambda text: text + padding,
            "equals_alone": lambda text: "=" + text,
            "one_character_more": lambda text: text + "A" * ((1 - len(text)) % 4 or 4),
            "standard_alphabet": lambda text: "+/" + text[2:],
        }
        if len(part) % 4:
            changes["trailing_bits"] = trailing_bit
        for change, apply in changes.items():
            body = respelled(place, apply, header)
            cases.append(refuse(f"jwe_{name}_{change}", "malformed_envelope", body))
    return cases


def parts():
    """What is not five parts with an empty second is no JWE; what is may be a broken one."""
    good = token().decode()
    first, _, iv, ciphertext, tag = good.split(".")
    no_form = {
        "four_parts": ".".join([first, "", iv, ciphertext]),
        "six_parts": good + ".", "three_parts": ".".join([first, iv, tag]),
        "key_in_the_second_part": ".".join([first, "AAAA", iv, ciphertext, tag]),
        "equals_in_the_second_part": ".".join([first, "=", iv, ciphertext, tag]),
        "empty_first_part": "." + ".".join(["", iv, ciphertext, tag]),
        "final_newline": good + "\n", "leading_space": " " + good,
        "byte_order_mark": "\ufeff" + good,
        "quoted": f'"{good}"', "star_inside": good[:-1] + "*",
        "space_inside": good[:9] + " " + good[9:],
        "non_ascii_inside": good[:-1] + "é", "nul_after": good + "\x00",
        "json_serialization": compact_json({"protected": first, "iv": iv, "ciphertext": ciphertext,
                                            "tag": tag}),
        "five_parts_with_dots_alone": "....",
    }
    broken = {"four_dots_after_a_letter": "a....", "every_part_of_one_letter": "a..a.a.a",
              "header_alone": first + "....", "equals_alone": "=..=.=.=",
              "plain_words": "hello..there.my.friend"}
    cases = [refuse(f"jwe_{name}_is_no_jwe", "not_encrypted", text.encode())
             for name, text in no_form.items()]
    return cases + [refuse(f"jwe_{name}", "malformed_envelope", text.encode())
                    for name, text in broken.items()]


def bound_ids():
    """The protected `webhook-id` beside a signed id, and where it alone is the id."""
    foreign = {"another": "evt_2", "in_another_case": "EVT_1", "prefix": "evt_", "empty": "",
               "longer": "evt_11", "with_space": "evt_1 ", "with_nul": "evt_1\x00",
               "unpadded_newline": "evt_1\n"}
    cases = [refuse(f"jwe_webhook_id_{name}", "malformed_envelope", token(members(webhook_id=text)))
             for name, text in foreign.items()]
    wrong = {"empty": "", "of_257_bytes": "e" * 257, "dot": "evt.1", "comma": "evt,1",
             "space": "evt 1", "delete": "evt\x7f", "non_ascii": "é", "newline": "evt\n"}
    right = {"of_256_bytes": "e" * 256, "punctuation": "!/~"}
    for scheme in SCHEMES[1:]:
        label = scheme.replace("-", "_")
        options = {"envelope": "jwe"}
        chosen = wrong if scheme == "x-webhook" else {"empty": "", "dot": "evt.1"}
        cases += [refuse(f"jwe_{label}_webhook_id_{name}", "malformed_envelope",
                         token(members(webhook_id=text)), scheme, **options)
                  for name, text in chosen.items()]
    return cases + [
        accept(f"jwe_x_webhook_webhook_id_{name}", token(members(webhook_id=text)), "x-webhook",
               options=ring("x-webhook", envelope="jwe"), message_id=text)
        for name, text in right.items()]


def audiences():
    wrong = {"missing": None, "another": "billing", "empty": "", "in_another_case": "Orders",
             "with_space": "orders ", "prefix": "order", "longer": "orders2"}
    return [refuse(f"jwe_audience_{name}", "wrong_audience", token(members(aud=text)),
                   audience="orders") for name, text in wrong.items()] + [
        refuse("jwe_audience_in_a_list", "malformed_envelope",
               token(members(aud=["orders"])), audience="orders"),
        refuse("jwe_audience_is_null", "malformed_envelope",
               token(members() | {"aud": None}), audience="orders"),
        refuse("jwe_audience_before_kid", "wrong_audience",
               token(members(aud="billing", kid="nobody")), audience="orders"),
        refuse("jwe_malformed_before_audience", "malformed_envelope",
               token(members(aud="billing", zip="DEF")), audience="orders"),
        refuse("jwe_webhook_id_before_audience", "malformed_envelope",
               token(members(aud="billing", webhook_id="evt_2")), audience="orders"),
        refuse("jwe_tag_length_before_audience", "malformed_envelope",
               respelled(4, lambda text: text[:20], token(members(aud="billing"))),
               audience="orders"),
    ]


def kids():
    retired = [{"secret": KEY, "notAfter": NOW}, OTHER_KEY]
    early = [OTHER_KEY, {"secret": KEY, "notBefore": NOW + 1}]
    wrong = {"another": "nobody", "empty": "", "in_another_case": KID.swapcase(),
             "padded": KID + "=", "of_another_key": key_id(OTHER_KEY), "of_200_bytes": "k" * 200,
             "of_its_position": "secret-1"}
    return [refuse(f"jwe_kid_{name}", "unknown_key", token(members(kid=text)))
            for name, text in wrong.items()] + [
        refuse("jwe_kid_of_a_retired_key", "unknown_key", token(), encryptionKeys=retired),
        refuse("jwe_kid_of_a_future_key", "unknown_key", token(), encryptionKeys=early),
        refuse("jwe_derived_kid_of_a_named_key", "unknown_key", token(),
               encryptionKeys=[named(KEY, "orders")]),
        refuse("jwe_kid_before_decryption", "unknown_key",
               respelled(3, flip, token(members(kid="nobody")))),
        refuse("jwe_kid_names_another_live_key", "decryption_failed",
               token(members(kid=key_id(OTHER_KEY))), encryptionKeys=[KEY, OTHER_KEY]),
        refuse("jwe_under_another_key", "decryption_failed", token(key=OTHER_KEY)),
    ]


def flip(text):
    """The part with its first character changed."""
    return ("B" if text[0] == "A" else "A") + text[1:]


def cut(text):
    """The part with its last byte gone."""
    return base64url_text(decoded(text.encode())[:-1])


def changed():
    """One change after sealing, under a fresh valid signature."""
    spaced = token(header_text(cty="x")).split(b".")
    # The same members in other bytes: only the AAD tells them apart.
    spaced[0] = base64url_text(json.dumps(members(cty="x")).encode()).encode()
    other_type = token(members(cty="x")).split(b".")
    other_type[0] = base64url_text(header_text(cty="y").encode()).encode()
    plain = token().decode().split(".")
    joined = plain[:3] + [plain[3] + "AAAA", plain[4]]
    return [
        refuse("jwe_changed_ciphertext_first_byte", "decryption_failed", respelled(3, flip)),
        refuse("jwe_changed_ciphertext_cut", "decryption_failed", respelled(3, cut)),
        refuse("jwe_changed_ciphertext_emptied", "decryption_failed", respelled(3, lambda t: "")),
        refuse("jwe_changed_ciphertext_longer", "decryption_failed", ".".join(joined).encode()),
        refuse("jwe_changed_tag", "decryption_failed", respelled(4, flip)),
        refuse("jwe_changed_tag_all_zero", "decryption_failed", respelled(4, lambda t: "A" * 22)),
        refuse("jwe_changed_iv", "decryption_failed", respelled(2, flip)),
        refuse("jwe_changed_iv_all_zero", "decryption_failed", respelled(2, lambda t: "A" * 16)),
        refuse("jwe_changed_aad_spacing", "decryption_failed", b".".join(spaced)),
        refuse("jwe_changed_aad_content_type", "decryption_failed", b".".join(other_type)),
        refuse("jwe_sealed_without_aad", "decryption_failed", without_aad()),
    ]


def without_aad():
    """A token whose tag covers no header."""
    bare = AESGCM(encryption_key(KEY)).encrypt(NONCE, BODY, None)
    first = token().decode().split(".")[0]
    parts = [base64url_text(NONCE), base64url_text(bare[:-16]), base64url_text(bare[-16:])]
    return ".".join([first, ""] + parts).encode()


def outer():
    """An envelope with a defect is told only to who signs it."""
    body = token(members(zip="DEF"))
    return [
        refused("jwe_malformed_and_unsigned", "signature_mismatch", options=ring("standard"),
                headers=signed(), body=body),
        refused("jwe_malformed_and_too_old", "timestamp_too_old", options=ring("standard"),
                headers=signed(body=body, timestamp=str(NOW - 301)), body=body),
        refused("jwe_malformed_and_too_new", "timestamp_too_new", options=ring("standard"),
                headers=signed(body=body, timestamp=str(NOW + 301)), body=body),
        accepted("jwe_content_type_header_is_ignored", options=ring("standard"),
                 headers=[["content-type", "text/html"]] + signed(body=token()), body=token(),
                 payload=BODY, encryption_key_id=KID),
    ]


def cases():
    return (sealed_cases() + accepted_headers() + lengths() + spellings() + parts() + bound_ids()
            + audiences() + kids() + changed() + outer())
