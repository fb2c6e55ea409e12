"""Signature headers: entries, versions, lengths, encodings and counts, in every scheme."""

from case import (BODY, NOW, PRIVATE_KEY, PUBLIC_KEY, SECRET, accepted, named, refused, replaced,
                  secret_for, signed)
from sealing import base64_text, mac, standard_entry

ABOUT = "Signature headers: separators, versions, wrong lengths, second spellings, counts."

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
OLD_KEYS = [named(PUBLIC_KEY, f"partner-{n}") for n in range(1, 9)]
BOTH = {"secrets": [SECRET], "publicKeys": [PUBLIC_KEY]}
WRONG = "v1," + base64_text(bytes(32))
WRONG_PUBLIC = "v1a," + base64_text(b"\x01" * 64)


def spelled_id(secret):
    """The first id whose signature has both characters in which base64 and base64url differ."""
    ids = (f"evt_{n}" for n in range(1000))
    return next(text for text in ids if {"+", "/"} <= set(entry(secret, text)))


def entry(secret=SECRET, message_id="evt_1"):
    return standard_entry(secret, message_id, str(NOW), BODY)


def header(value, message_id="evt_1"):
    return replaced(signed(message_id=message_id), "webhook-signature", value)


def trailing_bits(text):
    """The same bytes with a bit set that the last character leaves over."""
    body = text.rstrip("=")
    last = ALPHABET[ALPHABET.index(body[-1]) + 1]
    return body[:-1] + last + "=" * (len(text) - len(body))


def second_spellings(text):
    """Every wrong spelling of good padded base64."""
    return {
        "unpadded": text.rstrip("="),
        "padded_once_too_often": text + "=",
        "url_safe": text.replace("+", "-").replace("/", "_"),
        "trailing_bits": trailing_bits(text),
        "first_character_lost": text[1:],
        "quoted": f'"{text}"',
        "equals_inside": text[:20] + "=" + text[21:],
        "junk": "!" * len(text),
        "non_ascii": "é" + text[2:],
        "delete": "\x7f" + text[1:],
        "newline_inside": text[:20] + "\n" + text[20:],
        "nul_after": text + "\x00",
    }


def standard_separators():
    good, wrong = entry(), WRONG
    spellings = {
        "one_space": f"{wrong} {good}", "many_spaces": f"{wrong}    {good}",
        "tab": f"{wrong}\t{good}", "comma": f"{wrong},{good}",
        "comma_and_space": f"{wrong}, {good}",
        "every_separator": f"{wrong} ,\t, {good}", "trailing_comma": f"{good},",
        "leading_comma": f",{good}", "leading_comma_and_space": f", {good}",
        "good_first": f"{good} {wrong}", "same_entry_twice": f"{good} {good}",
        "unknown_version_beside": f"v2,anything {good}",
        "unknown_version_with_empty_value": f"v2, {good}",
        "unknown_version_with_any_characters": f"v1b,!\"#$%&'()*+-./ {good}",
        "unknown_version_last": f"{good} v3,",
        "eighth_entry": " ".join([wrong] * 7 + [good]),
        "eighth_entry_after_unknown": " ".join(["v9,x"] * 7 + [good]),
    }
    return [accepted(f"signature_entries_{name}", headers=header(value))
            for name, value in spellings.items()]


def standard_malformed():
    good = entry()
    value = good.removeprefix("v1,")
    spellings = {
        "empty_header": "", "only_spaces": "   ", "only_commas": ",, ,", "no_comma": "v1",
        "bare_base64": value, "equals_for_comma": f"v1={value}", "colon_for_comma": f"v1:{value}",
        "text_beside_good": f"{good} text", "text_before_good": f"text {good}",
        "space_after_comma": f"v1, {value}", "empty_value_beside_good": f"v1, {good}",
        "malformed_beside_good": f"{good} v1,AAAA", "malformed_before_good": f"v1,AAAA {good}",
        "non_ascii_in_an_unknown_version": f"{good} v2,é",
        "control_in_an_unknown_version": f"{good} v2,\x01",
        "delete_in_an_unknown_version": f"{good} v2,\x7f",
        "no_break_space_between": f"{good}\xa0{good}", "newline_between": f"{good}\n{good}",
        "semicolon_between": f"{good};{good}",
        "nine_entries": " ".join([WRONG] * 8 + [good]),
        "nine_entries_good_first": " ".join([good] + [WRONG] * 8),
        "nine_unknown_entries": " ".join(["v9,x"] * 9),
        "nine_entries_joined_by_commas": ",".join(["v9,x"] * 8 + [good]),
        "of_200000_bytes": "v9,x " * 40000,
        "hexadecimal": "v1," + mac("standard", SECRET, "evt_1", str(NOW), BODY).hex(),
    }
    return [refused(f"signature_{name}", "malformed_signature", headers=header(text))
            for name, text in spellings.items()]


def standard_spellings():
    """`v1` of every wrong length, and in every second spelling."""
    message_id = spelled_id(SECRET)
    value = entry(SECRET, message_id).removeprefix("v1,")
    cases = [refused(f"signature_v1_of_{count}_bytes", "malformed_signature",
                     headers=header("v1," + base64_text(bytes(count))))
             for count in (0, 1, 16, 31, 33, 63, 64, 65)]
    return cases + [
        refused(f"signature_v1_{name}", "malformed_signature",
                headers=header("v1," + text, message_id))
        for name, text in second_spellings(value).items()]


def public_spellings():
    """`v1a` alike, with and without a public key."""
    message_id = spelled_id(PRIVATE_KEY)
    value = entry(PRIVATE_KEY, message_id).removeprefix("v1a,")
    own = {"publicKeys": [PUBLIC_KEY]}
    cases = [refused(f"signature_v1a_of_{count}_bytes", "malformed_signature", options=own,
                     headers=header("v1a," + base64_text(bytes(count))))
             for count in (0, 1, 31, 32, 33, 63, 65, 128)]
    return cases + [
        refused(f"signature_v1a_{name}", "malformed_signature", options=own,
                headers=header("v1a," + text, message_id))
        for name, text in second_spellings(value).items()]


def kinds():
    """One kind beside the other: what is malformed spoils all, what is merely wrong does not."""
    good, public = entry(), entry(PRIVATE_KEY)
    own = {"publicKeys": [PUBLIC_KEY]}
    matched = {"matched": ("public-key-1",)}
    return [
        refused("signature_good_v1_malformed_v1a", "malformed_signature",
                headers=header(f"{good} v1a,AAAA")),
        refused("signature_good_v1_malformed_v1a_both_held", "malformed_signature", options=BOTH,
                headers=header(f"{good} v1a,")),
        refused("signature_good_v1a_malformed_v1", "malformed_signature", options=own,
                headers=header(f"{public} v1,AAAA")),
        refused("signature_good_v1a_malformed_v1_both_held", "malformed_signature", options=BOTH,
                headers=header(f"v1, {public}")),
        refused("signature_v1_with_64_bytes_of_v1a", "malformed_signature", options=BOTH,
                headers=header("v1," + public.removeprefix("v1a,"))),
        refused("signature_v1a_with_32_bytes_of_v1", "malformed_signature", options=BOTH,
                headers=header("v1a," + good.removeprefix("v1,"))),
        accepted("signature_good_v1_wrong_v1a_both_held", options=BOTH,
                 headers=header(f"{good} {WRONG_PUBLIC}")),
        accepted("signature_wrong_v1_good_v1a_both_held", options=BOTH,
                 headers=header(f"{WRONG} {public}"), **matched),
        accepted("signature_good_v1_wrong_v1a_secret_held",
                 headers=header(f"{good} {WRONG_PUBLIC}")),
        accepted("signature_wrong_v1_good_v1a_public_key_held", options=own,
                 headers=header(f"{WRONG} {public}"), **matched),
        accepted("signature_v1_alone_both_held", options=BOTH, headers=header(good)),
        accepted("signature_v1a_alone_both_held", options=BOTH, headers=header(public), **matched),
        refused("signature_both_wrong_both_held", "signature_mismatch", options=BOTH,
                headers=header(f"{WRONG} {WRONG_PUBLIC}")),
        refused("signature_unknown_version_only", "no_supported_signature",
                headers=header("v2," + good.removeprefix("v1,"))),
        refused("signature_version_in_upper_case", "no_supported_signature",
                headers=header("V" + good[1:])),
        refused("signature_version_with_a_suffix", "no_supported_signature",
                headers=header("v10," + good.removeprefix("v1,"))),
        refused("signature_of_another_secret", "signature_mismatch",
                headers=signed(secrets=[secret_for("standard", "second")])),
        refused("signature_all_zero", "signature_mismatch", headers=header(WRONG)),
    ]


def public_work():
    """Entries times public keys stay at eight or below."""
    public = entry(PRIVATE_KEY)

    def of(entries, keys):
        return {"options": {"publicKeys": keys}, "headers": header(" ".join(entries))}

    retired = [{"secret": PUBLIC_KEY, "id": "retired", "notAfter": NOW}]
    ids = tuple(key["id"] for key in OLD_KEYS)
    unknown = [public, public, "v9,x", "v8,x"]
    return [
        accepted("public_work_of_two_times_four", matched=ids[:4],
                 **of([WRONG_PUBLIC, public], OLD_KEYS[:4])),
        accepted("public_work_of_one_times_eight", matched=ids, **of([public], OLD_KEYS)),
        accepted("public_work_of_eight_times_one", matched=ids[:1],
                 **of([WRONG_PUBLIC] * 7 + [public], OLD_KEYS[:1])),
        accepted("public_work_counts_live_keys", matched=ids[:2],
                 **of([public] * 3, OLD_KEYS[:2] + retired)),
        accepted("public_work_counts_no_unknown_entries", matched=ids[:4],
                 **of(unknown, OLD_KEYS[:4])),
        refused("public_work_of_three_times_three", "malformed_signature",
                **of([public] * 3, OLD_KEYS[:3])),
        refused("public_work_of_two_times_five", "malformed_signature",
                **of([public] * 2, OLD_KEYS[:5])),
        refused("public_work_of_eight_times_eight", "malformed_signature",
                **of([public] * 8, OLD_KEYS)),
    ]


def hex_spellings(code):
    return {
        "empty": "", "of_31_bytes": code[:62], "of_63_digits": code[:63],
        "of_65_digits": code + "0", "of_33_bytes": code + "00", "of_64_bytes": code + code,
        "upper_case": code.upper(), "one_upper_case_digit": one_upper(code),
        "junk": code[:63] + "g", "prefix_0x": "0x" + code[2:],
        "inner_space": code[:32] + " " + code[33:], "non_ascii": code[:62] + "é",
        "full_width_digit": code[:61] + "\uff11", "delete": code[:63] + "\x7f",
        "base64": base64_text(bytes.fromhex(code)), "newline_last": code[:63] + "\n",
    }


def one_upper(code):
    place = next(n for n, digit in enumerate(code) if digit.isalpha())
    return code[:place] + code[place].upper() + code[place + 1:]


def one_signature():
    """x-webhook, github and slack: hex under a prefix, or under none."""
    names = {"x-webhook": "X-Webhook-Signature", "github": "X-Hub-Signature-256",
             "slack": "X-Slack-Signature"}
    prefixes = {"x-webhook": "", "github": "sha256=", "slack": "v0="}
    cases = []
    for scheme, name in names.items():
        code = mac(scheme, secret_for(scheme), "", str(NOW), BODY).hex()
        spellings = {key: prefixes[scheme] + text for key, text in hex_spellings(code).items()}
        spellings |= prefix_spellings(scheme, code)
        label = f"signature_{scheme.replace('-', '_')}"
        cases += [refused(f"{label}_{key}", "malformed_signature", scheme,
                          headers=replaced(signed(scheme), name, text))
                  for key, text in spellings.items()]
        zero = replaced(signed(scheme), name, prefixes[scheme] + "0" * 64)
        cases.append(refused(f"{label}_all_zero", "signature_mismatch", scheme, headers=zero))
    return cases


def prefix_spellings(scheme, code):
    """A prefix that is missing, another, in upper case, doubled or set apart."""
    return {
        "x-webhook": {"with_a_prefix": "sha256=" + code, "with_a_version": "v1=" + code},
        "github": {"without_prefix": code, "prefix_of_sha1": "sha1=" + code,
                   "prefix_in_upper_case": "SHA256=" + code,
                   "prefix_twice": "sha256=sha256=" + code,
                   "prefix_alone": "sha256=", "space_after_prefix": "sha256= " + code,
                   "colon_for_equals": "sha256:" + code},
        "slack": {"without_prefix": code, "prefix_of_v1": "v1=" + code,
                  "prefix_in_upper_case": "V0=" + code, "prefix_twice": "v0=v0=" + code,
                  "prefix_alone": "v0", "space_after_prefix": "v0= " + code,
                  "prefix_of_v00": "v00=" + code},
    }[scheme]


def shopify():
    name = "X-Shopify-Hmac-SHA256"
    body = next(b'{"n":%d}' % n for n in range(1000)
                if {"+", "/"} <= set(signed("shopify", body=b'{"n":%d}' % n)[0][1]))
    good = signed("shopify", body=body)
    spellings = second_spellings(good[0][1])
    spellings |= {f"of_{n}_bytes": base64_text(bytes(n)) for n in (0, 31, 33, 63, 64, 65)}
    code = mac("shopify", secret_for("shopify"), "", "", body)
    spellings |= {"hexadecimal": code.hex(), "with_a_prefix": "sha256=" + good[0][1]}
    cases = [refused(f"signature_shopify_{key}", "malformed_signature", "shopify", body=body,
                     headers=[[name, text]]) for key, text in spellings.items()]
    return cases + [refused("signature_shopify_all_zero", "signature_mismatch", "shopify",
                            headers=[[name, base64_text(bytes(32))]])]


def cases():
    return (standard_separators() + standard_malformed() + standard_spellings()
            + public_spellings() + kinds() + public_work() + one_signature() + shopify())
