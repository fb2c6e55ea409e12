"""Bodies that a careless reader decodes, trims or normalises before it verifies."""

from case import BODY, SCHEMES, accepted, refused, secret_for, signed

ABOUT = "Bodies as bytes: every odd body under its own signature, and under its neighbour's."

PAIRS = {
    "byte_ff": (b"\xff", b"\xfe"),
    "replacement_character": ("\ufffd".encode(), b"\xff"),
    "byte_order_mark": (b"\xef\xbb\xbf" + BODY, BODY),
    "utf16_byte_order_mark": (b"\xff\xfe" + BODY, b"\xfe\xff" + BODY),
    "crlf": (b'{"a":1}\r\n', b'{"a":1}\n'),
    "carriage_return": (b"a\rb", b"a\nb"),
    "final_newline": (BODY + b"\n", BODY),
    "outer_spaces": (b" " + BODY + b" ", BODY),
    "nul": (b"\x00", b""),
    "nul_after": (BODY + b"\x00", BODY),
    "nul_inside": (b"a\x00b", b"a"),
    "empty": (b"", b" "),
    "composed_letter": ("\u00e9".encode(), "e\u0301".encode()),
    "overlong_slash": (b"\xc0\xaf", b"/"),
    "surrogate_half": (b"\xed\xa0\x80", "\ufffd".encode()),
    "truncated_utf8": (b"\xe2\x82", b"\xe2\x82\xac"),
    "json_spacing": (b'{"a": 1}', b'{"a":1}'),
    "json_key_order": (b'{"a":1,"b":2}', b'{"b":2,"a":1}'),
    "json_number": (b'{"a":1.0}', b'{"a":1}'),
    "json_escape": (b'{"a":"\\u0061"}', b'{"a":"a"}'),
    "json_doubled_member": (b'{"a":1,"a":2}', b'{"a":2}'),
    "not_json": (b"<order/>", b"<order></order>"),
    "form": (b"a=1+2&b=%20", b"a=1%202&b=+"),
    "percent_escape": (b"%41", b"A"),
    "every_byte": (bytes(range(256)), bytes(range(255, -1, -1))),
    "zero_width_space": ("a\u200bb".encode(), b"ab"),
    "line_separator": ("a\u2028b".encode(), b"a\nb"),
}


def flipped(body, place, bit):
    return body[:place] + bytes([body[place] ^ bit]) + body[place + 1:]


def pairs():
    """Each body is accepted under its own signature and refused under the other's, both ways."""
    cases = []
    for name, (body, other) in PAIRS.items():
        cases += [
            accepted(f"body_{name}", headers=signed(body=body), body=body),
            refused(f"body_{name}_under_its_neighbours_signature", "signature_mismatch",
                    headers=signed(body=other), body=body),
            refused(f"body_{name}_its_signature_on_the_neighbour", "signature_mismatch",
                    headers=signed(body=body), body=other),
        ]
    return cases


def changes():
    """One byte or bit changed, lost or gained, in every scheme."""
    spoiled = {
        "first_bit": flipped(BODY, 0, 1), "last_bit": flipped(BODY, len(BODY) - 1, 1),
        "high_bit": flipped(BODY, 9, 0x80), "first_byte_lost": BODY[1:],
        "last_byte_lost": BODY[:-1], "byte_gained": BODY + b"}", "emptied": b"",
        "doubled": BODY + BODY, "reversed": BODY[::-1],
    }
    return [
        refused(f"body_{scheme.replace('-', '_')}_{name}", "signature_mismatch", scheme,
                headers=signed(scheme), body=body)
        for scheme in SCHEMES for name, body in spoiled.items()
    ]


def odd_in_every_scheme():
    bodies = {"not_utf8": b"\xff\xfe\x80", "empty": b"", "crlf": b"a\r\nb\r\n"}
    return [
        accepted(f"body_{scheme.replace('-', '_')}_{name}", scheme,
                 options={"secrets": [secret_for(scheme)]}, headers=signed(scheme, body=body),
                 body=body)
        for scheme in SCHEMES for name, body in bodies.items()
    ]


def cases():
    byte_fe = accepted("body_byte_fe", headers=signed(body=b"\xfe"), body=b"\xfe")
    return pairs() + [byte_fe] + odd_in_every_scheme() + changes()
