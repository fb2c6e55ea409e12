"""Scheme `stripe`: one header holds the timestamp and every signature."""

from case import BODY, KEY, NOW, accepted, refused, sealed, signed, text_secret

ABOUT = "Scheme stripe: the grammar of Stripe-Signature, and what it signs."

STRIPE = "docs.stripe.com, verifying webhook signatures manually"
WHSEC = "whsec_abcdefghijklmnopqrstuvwxyz012345"
GOOD = signed("stripe")[0][1].split(",v1=")[1]
WRONG = "0" * 64
TIME = f"t={NOW}"


def header(value):
    return [["Stripe-Signature", value]]


def items_accepted():
    others = ",".join([f"v1={WRONG}"] * 7)
    zero = ",".join([f"v0={WRONG}"] * 7)
    spellings = {
        "time_after_signature": f"v1={GOOD},{TIME}",
        "spaces_after_commas": f"{TIME}, v1={GOOD} ,\tv0={WRONG}",
        "legacy_signature_beside": f"{TIME},v1={GOOD},v0={WRONG}",
        "legacy_signature_of_any_text": f"{TIME},v1={GOOD},v0=",
        "unknown_name_beside": f"{TIME},v2=any,v1={GOOD}",
        "wrong_signature_before": f"{TIME},v1={WRONG},v1={GOOD}",
        "wrong_signature_after": f"{TIME},v1={GOOD},v1={WRONG}",
        "eighth_signature": f"{TIME},{others},v1={GOOD}",
        "eighth_item": f"{TIME},{zero},v1={GOOD}",
    }
    return [accepted(f"stripe_{name}", "stripe", headers=header(value))
            for name, value in spellings.items()]


def items_malformed():
    spellings = {
        "empty_header": "",
        "no_time": f"v1={GOOD}",
        "upper_case_time_name": f"T={NOW},v1={GOOD}",
        "space_in_time_name": f"t ={NOW},v1={GOOD}",
        "item_without_equals": f"{TIME},v1={GOOD},v1",
        "trailing_comma": f"{TIME},v1={GOOD},",
        "empty_item": f"{TIME},,v1={GOOD}",
        "empty_signature": f"{TIME},v1=",
        "signature_of_31_bytes": f"{TIME},v1={GOOD[:62]}",
        "signature_of_63_digits": f"{TIME},v1={GOOD[:63]}",
        "signature_of_65_digits": f"{TIME},v1={GOOD}0",
        "signature_of_33_bytes": f"{TIME},v1={GOOD}00",
        "upper_case_hex": f"{TIME},v1={GOOD.upper()}",
        "junk_in_hex": f"{TIME},v1={GOOD[:63]}g",
        "space_before_hex": f"{TIME},v1= {GOOD}",
        "non_ascii_in_hex": f"{TIME},v1={GOOD[:62]}é",
        "malformed_beside_good": f"{TIME},v1={GOOD},v1=00",
        "nine_signatures": ",".join([TIME] + [f"v1={WRONG}"] * 8 + [f"v1={GOOD}"]),
        "nine_items": ",".join([TIME] + [f"v0={WRONG}"] * 8 + [f"v1={GOOD}"]),
        "semicolons": f"v2={NOW};v1={GOOD}",
    }
    return [refused(f"stripe_{name}", "malformed_signature", "stripe", headers=header(value))
            for name, value in spellings.items()]


def refusals():
    double = f"{TIME},{TIME},v1={GOOD}"
    unequal = f"{TIME},t={NOW + 1},v1={GOOD}"
    both_bad = "t=x,v1=x"
    return [
        refused("stripe_time_twice", "duplicate_header", "stripe", headers=header(double)),
        refused("stripe_two_unequal_times", "duplicate_header", "stripe", headers=header(unequal)),
        refused("stripe_time_malformed_before_signature", "malformed_timestamp", "stripe",
                headers=header(both_bad)),
        refused("stripe_time_twice_before_malformed_signature", "duplicate_header", "stripe",
                headers=header(f"{TIME},{TIME},v1=x")),
        refused("stripe_empty_time", "malformed_timestamp", "stripe",
                headers=header(f"t=,v1={GOOD}")),
        refused("stripe_no_signature", "no_supported_signature", "stripe", headers=header(TIME)),
        refused("stripe_legacy_signature_only", "no_supported_signature", "stripe",
                headers=header(f"{TIME},v0={GOOD}")),
        refused("stripe_wrong_signature", "signature_mismatch", "stripe",
                headers=header(f"{TIME},v1={WRONG}")),
        refused("stripe_changed_time", "signature_mismatch", "stripe",
                headers=header(f"t={NOW + 1},v1={GOOD}")),
        refused("stripe_secret_under_standard", "signature_mismatch", "standard",
                {"secrets": [WHSEC]},
                headers=signed(secrets=[{"secret": WHSEC, "encoding": "text"}])),
        refused("stripe_header_under_standard", "missing_header", "standard",
                {"secrets": [WHSEC]}, headers=signed("stripe", secrets=[WHSEC])),
    ]


def cases():
    secrets = [text_secret("first"), text_secret("second")]
    return [
        sealed("stripe_plain", "stripe", source=STRIPE),
        sealed("stripe_secret_is_text", "stripe", {"secrets": [WHSEC]}, source=STRIPE),
        sealed("stripe_two_secrets", "stripe", {"secrets": secrets},
               matched=("secret-1", "secret-2")),
        sealed("stripe_second_secret_matches", "stripe", {"secrets": secrets[1:]},
               {"secrets": secrets}, matched=("secret-2",)),
        sealed("stripe_jwe_brings_the_id", "stripe", {"secrets": secrets[:1],
                                                      "encryptionKeys": [KEY]}),
        sealed("stripe_body_not_utf8", "stripe", payload=b"\xff\xfe" + BODY),
    ] + items_accepted() + items_malformed() + refusals()
