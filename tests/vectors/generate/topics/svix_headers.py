"""Scheme `standard` under Svix's header names, alone and beside the family of Standard Webhooks."""

from case import BODY, ID, NOW, OTHER_SECRET, SECRET, accepted, refused, signed, without

ABOUT = "The header families webhook-* and svix-*: alone, both, unequal, incomplete."


def as_svix(headers):
    return [[name.replace("webhook-", "svix-"), value] for name, value in headers]


def unequal(name):
    """Both families, of which the Svix one differs in one header."""
    other = signed(message_id="evt_2", timestamp=str(NOW + 1), body=b"other")
    changed = [pair for pair in as_svix(other) if pair[0] == name]
    return signed() + without(as_svix(signed()), name) + changed


def hostile():
    good = as_svix(signed())
    mixed = [good[0]] + signed()[1:]
    empty_id = [["webhook-id", ""]] + signed()[1:]
    twice = signed() + [["svix-id", ID], ["svix-id", "evt_2"]]
    cases = [refused(f"svix_{name[5:]}_differs_from_webhook", "duplicate_header",
                     headers=unequal(name))
             for name in ("svix-id", "svix-timestamp", "svix-signature")]
    cases += [refused(f"svix_without_{name[5:]}", "missing_header", headers=without(good, name))
              for name in ("svix-id", "svix-timestamp", "svix-signature")]
    return cases + [
        refused("svix_id_with_webhook_rest", "missing_header", headers=mixed),
        refused("svix_complete_beside_another_webhook_id", "duplicate_header",
                headers=good + [["webhook-id", "evt_2"]]),
        refused("svix_complete_beside_another_webhook_timestamp", "duplicate_header",
                headers=good + [["webhook-timestamp", str(NOW + 1)]]),
        refused("svix_complete_beside_another_webhook_signature", "duplicate_header",
                headers=good + [["webhook-signature", signed(body=b"other")[2][1]]]),
        refused("svix_complete_beside_an_empty_webhook_id", "duplicate_header",
                headers=good + empty_id),
        refused("svix_id_twice_beside_webhook_one_differs", "duplicate_header", headers=twice),
        refused("svix_id_twice", "duplicate_header", headers=good + [["svix-id", ID]]),
        refused("svix_timestamp_twice", "duplicate_header",
                headers=good + [["svix-timestamp", str(NOW)]]),
        refused("svix_of_another_secret", "signature_mismatch",
                headers=as_svix(signed(secrets=[OTHER_SECRET]))),
        refused("svix_changed_body", "signature_mismatch", headers=good, body=BODY[:-1] + b"]"),
    ]


def joined_alike():
    """Two signatures as two values in one family, and joined with a comma in the other."""
    headers = signed(secrets=[SECRET, OTHER_SECRET])
    first, second = headers[2][1].split(" ")
    two = [["webhook-signature", first], ["webhook-signature", second]]
    return headers[:2] + two + as_svix(headers)[:2] + [["svix-signature", f"{first}, {second}"]]


def cases():
    good = as_svix(signed())
    return [
        accepted("svix_signatures_joined_webhook_ones_apart", headers=joined_alike()),
        refused("svix_id_with_a_comma_beside_webhook", "duplicate_header",
                headers=signed() + [["svix-id", ID + ","]]),
        accepted("svix_alone", headers=good),
        accepted("svix_differently_cased",
                 headers=[[name.title(), value] for name, value in good]),
        accepted("svix_beside_equal_webhook", headers=good + signed()),
        accepted("svix_signature_alone_beside_webhook", headers=signed() + [good[2]]),
        accepted("svix_complete_beside_an_equal_webhook_id", headers=good + [signed()[0]]),
        accepted("svix_complete_beside_equal_webhook_id_and_timestamp",
                 headers=good + signed()[:2]),
    ] + hostile()
