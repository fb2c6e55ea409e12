"""Headers: missing, doubled, joined by commas, cased and padded; and the grammar of ids."""

from case import BODY, ID, NOW, SCHEMES, accepted, refused, replaced, signed, without

ABOUT = "Headers missing, doubled, joined, cased or padded, and the grammar of message ids."


def words(text):
    return text.lower().replace("-", "_")


def of_every_scheme():
    """Each header of each scheme: missing, doubled, joined by a comma, in other cases, padded."""
    cases = []
    for scheme in SCHEMES:
        for name, value in signed(scheme):
            cases += of_one_header(scheme, signed(scheme), name, value)
        for form in (str.lower, str.upper, str.title):
            headers = [[form(name), value] for name, value in signed(scheme)]
            cases.append(accepted(f"headers_{words(scheme)}_{form.__name__}_case", scheme,
                                  headers=headers))
        cases.append(refused(f"headers_{words(scheme)}_none", "missing_header", scheme, headers=[]))
    return cases


def of_one_header(scheme, good, name, value):
    label = f"{words(scheme)}_{words(name)}"
    padded = replaced(good, name, f" \t{value}\t ")
    cases = [
        refused(f"missing_{label}", "missing_header", scheme, headers=without(good, name.lower())),
        refused(f"missing_{label}_space_in_name", "missing_header", scheme,
                headers=[[n + " " if n == name else n, v] for n, v in good]),
        accepted(f"padded_{label}", scheme, headers=padded),
    ]
    if name in ("webhook-signature",):
        return cases + joined_signatures(good, value)
    if name == "Stripe-Signature":
        return cases + [doubled(label, scheme, good, name, value)]
    return cases + [
        doubled(label, scheme, good, name, value),
        refused(f"joined_{label}", "duplicate_header", scheme,
                headers=replaced(good, name, f"{value}, {value}")),
        refused(f"trailing_comma_{label}", "duplicate_header", scheme,
                headers=replaced(good, name, value + ",")),
        refused(f"other_first_{label}", "duplicate_header", scheme,
                headers=[[name.upper(), "x"]] + good),
    ]


def doubled(label, scheme, good, name, value):
    return refused(f"doubled_{label}", "duplicate_header", scheme,
                   headers=good + [[name.swapcase(), value]])


def joined_signatures(good, value):
    """Signature headers of `standard` may stand more than once: their values are joined."""
    other = "v1," + "A" * 43 + "="
    pairs = {
        "twice": good + [["webhook-signature", value]],
        "other_first": good[:2] + [["webhook-signature", other], good[2]],
        "other_second": good + [["Webhook-Signature", other]],
        "first_empty": good[:2] + [["webhook-signature", ""], good[2]],
    }
    return [accepted(f"signature_header_{name}", headers=headers)
            for name, headers in pairs.items()] + [
        refused("signature_header_split_between_version_and_value", "malformed_signature",
                headers=good[:2] + [["webhook-signature", "v1,"],
                                    ["webhook-signature", value[3:]]]),
    ]


def order():
    """Missing before duplicate before malformed, each in the order id, timestamp, signature."""
    good = signed()
    bad_all = [["webhook-id", "a b"], ["webhook-timestamp", "x"], ["webhook-signature", "x"]]
    twice = bad_all + [["webhook-timestamp", "x"]]
    return [
        refused("headers_missing_before_duplicate", "missing_header",
                headers=good[:2] + [good[0]]),
        refused("headers_duplicate_before_malformed", "duplicate_header", headers=twice),
        refused("headers_malformed_id_before_timestamp", "malformed_header", headers=bad_all),
        refused("headers_malformed_timestamp_before_signature", "malformed_timestamp",
                headers=[good[0]] + bad_all[1:]),
        refused("headers_malformed_signature_before_mismatch", "malformed_signature",
                headers=good[:2] + bad_all[2:], body=b"other"),
        refused("headers_of_x_webhook_under_standard", "missing_header",
                headers=signed("x-webhook")),
        refused("headers_of_standard_under_github", "missing_header", "github", headers=good),
        refused("headers_with_underscores", "missing_header",
                headers=[[name.replace("-", "_"), value] for name, value in good]),
        accepted("headers_in_another_order", headers=good[::-1]),
        accepted("headers_among_others",
                 headers=[["host", "example.com"]] + good + [["content-type", "text/plain"]]),
        accepted("headers_of_another_scheme_beside", headers=signed("stripe") + good),
        accepted("headers_foreign_name_twice",
                 headers=good + [["x-forwarded-for", "a, b"], ["x-forwarded-for", "\u00e9"]]),
        refused("headers_long_s_in_a_name_is_no_s", "missing_header",
                headers=good[:2] + [["webhook-\u017fignature", good[2][1]]]),
        refused("headers_kelvin_sign_in_a_name_is_no_k", "missing_header",
                headers=[["webhoo\u212a-id", ID]] + good[1:]),
    ]


def ids():
    malformed = {
        "empty": "", "only_spaces": "  ", "dot": "evt.1", "dot_first": ".evt", "dot_alone": ".",
        "inner_space": "evt 1", "inner_tab": "evt\t1", "of_257": "e" * 257, "of_1000": "e" * 1000,
        "non_ascii": "evt_é", "delete": "evt_\x7f", "nul": "evt_\x00", "newline": "evt_\n1",
        "carriage_return": "evt_\r\n1", "escape": "\x1bevt", "no_break_space_after": "evt\xa0",
        "zero_width_space": "evt\u200b1", "emoji": "\U0001f600", "next_line": "evt\x85",
    }
    good = {"of_one": "e", "of_255": "e" * 255, "of_256": "e" * 256, "first_character": "!",
            "last_character": "~", "punctuation": "a:b/c?d=e&f#g;h'i\"j\\k{l}"}
    comma = {"comma": "evt,1", "comma_alone": ",", "comma_and_space": "evt_1, evt_1"}
    moved = signed(message_id="evt", body=b"1." + BODY)
    return [refused(f"id_{name}", "malformed_header", headers=signed(message_id=text))
            for name, text in malformed.items()] + [
        refused(f"id_{name}", "duplicate_header", headers=signed(message_id=text))
        for name, text in comma.items()] + [
        accepted(f"id_{name}", headers=signed(message_id=text), message_id=text)
        for name, text in good.items()] + [
        refused("id_changed", "signature_mismatch",
                headers=replaced(signed(), "webhook-id", "evt_2")),
        refused("id_in_another_case", "signature_mismatch",
                headers=replaced(signed(), "webhook-id", "EVT_1")),
        refused("timestamp_moved_into_the_body", "signature_mismatch",
                headers=moved, body=str(NOW).encode() + b"." + BODY),
    ]


def cases():
    return of_every_scheme() + order() + ids()
