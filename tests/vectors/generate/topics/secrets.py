"""Every accepted spelling of a secret or key, and the refused ones."""

import base64

from case import (KEY, NOW, OTHER_KEY, PRIVATE_KEY, PUBLIC_KEY, SCHEMES, SECRET, accepted,
                  fixed_bytes, refused, sealed, secret_for, signed, text_secret, whsec)
from sealing import base64_text, base64url_text

ABOUT = "Spellings of secrets and keys: what an operator may paste, and what is in the wrong place."

BARE = SECRET.removeprefix("whsec_")
TEXT = "a text secret of 25 bytes"
FIELD = 2**255 - 19


def refuse(name, code, scheme="standard", **options):
    headers = signed(scheme, secrets=[secret_for(scheme)])
    return refused(name, code, scheme, options=options, headers=headers)


def standard_accepted():
    spellings = {
        "whsec": SECRET, "bare": BARE, "v1_and_whsec": "v1," + SECRET, "v1_and_bare": "v1," + BARE,
        "unpadded": SECRET.rstrip("="), "bare_unpadded": BARE.rstrip("="),
        "final_newline": SECRET + "\n", "final_crlf": SECRET + "\r\n",
        "everything_at_once": "v1," + SECRET.rstrip("=") + "\r\n",
        "object": {"secret": SECRET}, "object_with_newline": {"secret": SECRET + "\n"},
    }
    cases = [accepted(f"secret_{name}", options={"secrets": [text]})
             for name, text in spellings.items()]
    for count in (24, 25, 26, 64, 74, 75):
        secret = whsec(f"length {count}", count)
        cases.append(sealed(f"secret_of_{count}_bytes", "standard", {"secrets": [secret]}))
    for name, text in {"of_16_bytes": "a" * 16, "of_255_bytes": "a" * 255,
                       "of_8_two_byte_letters": "é" * 8, "with_spaces": " " + TEXT + " ",
                       "that_begins_with_whsec": SECRET}.items():
        entry = {"secret": text, "encoding": "text"}
        cases.append(sealed(f"secret_text_{name}", "standard", {"secrets": [entry]}))
    newline = {"secrets": [{"secret": TEXT + "\n", "encoding": "text"}]}
    without = [{"secret": TEXT, "encoding": "text"}]
    return cases + [accepted("secret_text_final_newline", options=newline,
                             headers=signed(secrets=without))]


def standard_refused():
    spellings = {
        "empty": "", "newline_alone": "\n", "prefix_alone": "whsec_", "v1_alone": "v1,",
        "of_1_byte": whsec("short", 1), "of_23_bytes": whsec("short", 23),
        "of_76_bytes": whsec("long", 76), "of_255_bytes": whsec("long", 255),
        "url_safe": "whsec_" + base64url_text(b"\xfb\xff\xfe" * 8),
        "trailing_bits": "whsec_" + trailing(BARE),
        "padded_twice": SECRET + "=", "half_padded": whsec("half", 25)[:-1],
        "inner_newline": SECRET[:20] + "\n" + SECRET[20:], "two_final_newlines": SECRET + "\n\n",
        "final_carriage_return": SECRET + "\r", "leading_space": " " + SECRET,
        "trailing_space": SECRET + " ", "leading_newline": "\n" + SECRET,
        "byte_order_mark": "\ufeff" + SECRET, "quoted": f'"{SECRET}"',
        "upper_case_prefix": "WHSEC_" + BARE, "prefixes_in_the_wrong_order": "whsec_v1," + BARE,
        "prefix_twice": "whsec_" + SECRET, "v1_twice": "v1,v1," + BARE, "v2": "v2," + BARE,
        "v1a": "v1a," + SECRET, "space_after_v1": "v1, " + SECRET,
        "non_ascii": SECRET[:-3] + "éA=",
        "hexadecimal_with_a_prefix": "hex:" + "ab" * 32, "placeholder": "<your-secret-here>",
        "word_undefined": "undefined",
    }
    return [refuse(f"secret_{name}_refused", "invalid_secret", secrets=[text])
            for name, text in spellings.items()]


def text_refused():
    texts = {"empty": "", "of_15_bytes": "a" * 15, "of_256_bytes": "a" * 256,
             "of_15_bytes_and_newline": "a" * 15 + "\n", "of_128_two_byte_letters": "é" * 128}
    cases = []
    for name, text in texts.items():
        entry = {"secret": text, "encoding": "text"}
        cases += [refuse(f"secret_text_{name}_refused", "invalid_secret", secrets=[entry]),
                  refuse(f"secret_x_webhook_{name}_refused", "invalid_secret", "x-webhook",
                         secrets=[text])]
    blanks = {"empty": "", "newline": "\n", "space": " ", "tabs_and_spaces": "\t  \t",
              "of_256_bytes": "a" * 256}
    for scheme in ("stripe", "github", "slack", "shopify"):
        cases += [refuse(f"secret_{scheme}_{name}_refused", "invalid_secret", scheme,
                         secrets=[text]) for name, text in blanks.items()]
    return cases


def text_accepted():
    cases = []
    for scheme in ("stripe", "github", "slack", "shopify"):
        for name, text in {"of_1_byte": "a", "of_255_bytes": "a" * 255, "not_ascii": "é",
                           "with_outer_spaces": " a "}.items():
            cases.append(sealed(f"secret_{scheme}_{name}", scheme, {"secrets": [text]}))
        newline = {"secrets": [text_secret("first") + "\r\n"]}
        cases.append(accepted(f"secret_{scheme}_final_newline", scheme, options=newline))
    for name, text in {"of_16_bytes": "a" * 16, "of_255_bytes": "a" * 255, "whsec": SECRET}.items():
        cases.append(sealed(f"secret_x_webhook_{name}", "x-webhook", {"secrets": [text]}))
    newline = {"secrets": [text_secret("first") + "\n"]}
    return cases + [accepted("secret_x_webhook_final_newline", "x-webhook", options=newline)]


def misplaced():
    """A key in another's place, in every scheme."""
    keys = {"whpk": PUBLIC_KEY, "whsk": PRIVATE_KEY, "whenc": KEY}
    cases = [refuse(f"{name}_as_a_secret_of_{scheme.replace('-', '_')}", "invalid_secret", scheme,
                    secrets=[key]) for scheme in SCHEMES for name, key in keys.items()]
    cases += [refuse(f"{name}_as_a_second_secret", "invalid_secret", secrets=[SECRET, key])
              for name, key in keys.items()]
    cases += [refuse(f"{name}_as_a_text_secret", "invalid_secret",
                     secrets=[{"secret": key, "encoding": "text"}]) for name, key in keys.items()]
    looks = {"space": " " + PUBLIC_KEY, "quotes": f'"{PUBLIC_KEY}"', "upper_case": "WHPK_" + PUBLIC_KEY[5:],
             "v1": "v1," + PUBLIC_KEY, "byte_order_mark": "\ufeff" + PUBLIC_KEY}
    cases += [refuse(f"whpk_behind_{name}_as_a_secret_of_github", "invalid_secret", "github",
                     secrets=[text]) for name, text in looks.items()]
    return cases + [
        refuse("whsk_as_a_public_key", "invalid_secret", publicKeys=[PRIVATE_KEY]),
        refuse("whenc_as_a_public_key", "invalid_secret", publicKeys=[KEY]),
        refuse("whsec_as_a_public_key", "invalid_key", publicKeys=[SECRET]),
        refuse("whpk_as_an_encryption_key", "invalid_secret", secrets=[SECRET],
               encryptionKeys=[PUBLIC_KEY]),
        refuse("whsk_as_an_encryption_key", "invalid_secret", secrets=[SECRET],
               encryptionKeys=[PRIVATE_KEY]),
        refuse("whsec_as_an_encryption_key", "invalid_key", secrets=[SECRET],
               encryptionKeys=[whsec("second")]),
    ]


def on_the_curve(y):
    """Whether y belongs to a point of edwards25519."""
    d = -121665 * pow(121666, -1, FIELD) % FIELD
    square = (y * y - 1) * pow(d * y * y + 1, -1, FIELD) % FIELD
    return pow(square, (FIELD - 1) // 2, FIELD) in (0, 1)


def public_keys():
    def written(number):
        return "whpk_" + base64_text(number.to_bytes(32, "little"))

    off_curve = next(y for y in range(2, 99) if not on_the_curve(y))
    bare = PUBLIC_KEY.removeprefix("whpk_")
    wrong = {
        "bare": bare, "of_31_bytes": "whpk_" + base64_text(bytes(range(31))),
        "of_33_bytes": "whpk_" + base64_text(bytes(range(33))), "prefix_alone": "whpk_",
        "junk": "whpk_" + "!" * 44, "url_safe": "whpk_" + "-_" + bare[2:],
        "leading_space": " " + PUBLIC_KEY, "trailing_bits": PUBLIC_KEY[:-2] + "5=",
        "off_the_curve": written(off_curve), "the_identity": written(1),
        "of_order_two": written(FIELD - 1), "of_order_four": written(0),
        "hexadecimal": "whpk_" + base64.b64decode(bare).hex(),
    }
    by_key = signed(secrets=[PRIVATE_KEY])
    return [refuse(f"public_key_{name}_refused", "invalid_key", publicKeys=[text])
            for name, text in wrong.items()] + [
        refuse("public_key_empty_refused", "invalid_key", publicKeys=[""]),
        refuse("public_key_first_missing", "invalid_key", publicKeys=[None, PUBLIC_KEY]),
        accepted("public_key_final_newline", options={"publicKeys": [PUBLIC_KEY + "\n"]},
                 headers=by_key, matched=("public-key-1",)),
    ] + [refuse(f"public_key_under_{scheme.replace('-', '_')}", "invalid_config", scheme,
                publicKeys=[PUBLIC_KEY]) for scheme in SCHEMES if scheme != "standard"]


def encryption_keys():
    bare = KEY.removeprefix("whenc_")
    sender = {"secrets": [SECRET], "encryptionKeys": [KEY]}
    wrong = {
        "of_16_bytes": "whenc_" + base64_text(bytes(range(16))),
        "of_31_bytes": "whenc_" + base64_text(bytes(range(31))),
        "of_33_bytes": "whenc_" + base64_text(bytes(range(33))), "prefix_alone": "whenc_",
        "text": "thirty-two characters of a text.", "url_safe": "whenc_" + "-_" + bare[2:],
        "hexadecimal": fixed_bytes("key one", 32).hex(), "leading_space": " " + KEY,
        "trailing_bits": "whenc_" + trailing(bare), "prefix_twice": "whenc_" + KEY,
        "upper_case_prefix": "WHENC_" + bare, "two_final_newlines": KEY + "\n\n",
    }
    good = {"bare": bare, "final_newline": KEY + "\n", "bare_final_crlf": bare + "\r\n"}
    cases = [sealed(f"encryption_key_{name}", "standard", sender,
                    {"secrets": [SECRET], "encryptionKeys": [text]}) for name, text in good.items()]
    return cases + [refuse(f"encryption_key_{name}_refused", "invalid_key", secrets=[SECRET],
                           encryptionKeys=[text]) for name, text in wrong.items()] + [
        refuse("encryption_key_empty_refused", "invalid_key", secrets=[SECRET],
               encryptionKeys=[""]),
        refuse("encryption_key_first_missing", "invalid_key", secrets=[SECRET],
               encryptionKeys=[None, OTHER_KEY]),
    ]


def trailing(text):
    """The same 32 bytes with a bit set that the last character leaves over."""
    return text[:-2] + chr(ord(text[-2]) + 1) + "="


def lists():
    ring = [whsec(f"ring {n}") for n in range(1, 10)]
    retired = {"secret": "junk!", "notAfter": NOW}
    return [
        refuse("secrets_none_at_all", "no_live_secret"),
        refuse("secrets_empty_list", "invalid_config", secrets=[]),
        refuse("secrets_first_missing", "invalid_secret", secrets=[None]),
        refuse("secrets_first_missing_second_there", "invalid_secret", secrets=[None, SECRET]),
        refuse("secrets_second_empty", "invalid_secret", secrets=[SECRET, ""]),
        refuse("secrets_second_malformed", "invalid_secret", secrets=[SECRET, "junk!"]),
        refuse("secrets_retired_malformed", "invalid_secret", secrets=[SECRET, retired]),
        refuse("secrets_empty_in_an_object", "invalid_secret", secrets=[{"secret": ""}]),
        refuse("secrets_nine", "invalid_config", secrets=ring),
        refuse("secrets_nine_with_skipped", "invalid_config", secrets=ring[:1] + [None] * 8),
        accepted("secrets_eight_with_skipped", options={"secrets": [SECRET] + [None] * 7}),
        refuse("public_keys_empty_list", "invalid_config", publicKeys=[]),
        refuse("public_keys_nine", "invalid_config",
               publicKeys=[{"id": f"k{n}", "secret": PUBLIC_KEY} for n in range(9)]),
        refuse("encryption_keys_empty_list", "invalid_config", secrets=[SECRET], encryptionKeys=[]),
        refuse("encryption_keys_nine", "invalid_config", secrets=[SECRET],
               encryptionKeys=[{"id": f"k{n}", "secret": KEY} for n in range(9)]),
    ]


def cases():
    return (standard_accepted() + text_accepted() + standard_refused() + text_refused()
            + misplaced() + public_keys() + encryption_keys() + lists())
