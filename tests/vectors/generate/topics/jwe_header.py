"""The protected header of a JWE: members missing, foreign, doubled or mistyped; broken JSON."""

import re

from case import ID, NOW, OTHER_KEY
from envelope_case import KID, filled, header_text, members, refuse, token
from sealing import base64url_text, compact_json, key_id

ABOUT = "The protected header of a JWE: its members, and what is no JSON object in UTF-8."


def header_members():
    """Each member missing, of another type, or of another value."""
    cases = [refuse(f"jwe_without_{name.replace('-', '_')}", "malformed_envelope",
                    token(members(**{name: None}))) for name in ("alg", "enc", "kid", "webhook-id")]
    types = {"null": None, "number": 1, "true": True, "array": ["dir"], "object": {}}
    for name in ("alg", "enc", "kid", "webhook-id", "cty", "typ", "aud"):
        for kind, value in types.items():
            header = members() | {name: value}
            cases.append(refuse(f"jwe_{name.replace('-', '_')}_is_{kind}", "malformed_envelope",
                                token(header)))
    values = {
        "alg": ["A256KW", "A256GCMKW", "RSA-OAEP", "ECDH-ES", "PBES2-HS256+A128KW", "none", "HS256",
                "DIR", "dir ", ""],
        "enc": ["A128GCM", "A192GCM", "A128CBC-HS256", "A256CBC-HS512", "a256gcm", "none", ""],
        "typ": ["JWT", "jose", "JWE", "JOSE+JSON", "application/jose", ""],
    }
    for name, texts in values.items():
        cases += [refuse(f"jwe_{name}_{n}_{word(text)}", "malformed_envelope",
                         token(members(**{name: text}))) for n, text in enumerate(texts, 1)]
    return cases


def word(text):
    """A text as part of a case's name."""
    return "_".join(re.findall("[a-z0-9]+", text.lower())) or "empty"


def foreign_members():
    foreign = {
        "zip": "DEF", "crit": ["exp"], "b64": False, "epk": {}, "apu": "",
        "p2s": "AAAA", "p2c": 1, "jku": "https://attacker.example/keys",
        "jwk": {"kty": "oct", "k": base64url_text(bytes(32))}, "x5u": "https://attacker.example/",
        "x5c": [], "x5t": "", "iv": "", "tag": "", "exp": NOW + 60, "iss": "a", "url": "u",
        "nonce": "n", "Kid": KID, "KID": KID, "webhook_id": ID, "": "", "__proto__": {},
        "constructor": "x", "toString": "x",
    }
    cases = []
    for n, (name, value) in enumerate(foreign.items(), 1):
        header = token(members() | {name: value})
        cases.append(refuse(f"jwe_foreign_member_{n}_{word(name)}", "malformed_envelope", header))
    nested = '{"a":' * 200 + "1" + "}" * 200
    deep = header_text()[:-1] + ',"x":' + nested + "}"
    return cases + [
        refuse("jwe_foreign_member_deeply_nested", "malformed_envelope", token(deep)),
        refuse("jwe_foreign_member_crit_empty", "malformed_envelope",
               token(members() | {"crit": []})),
    ]


def doubled_members():
    cases = []
    for name in ("alg", "enc", "kid", "webhook-id"):
        pair = compact_json({name: members()[name]})[1:-1]
        label = name.replace("-", "_")
        cases += [
            refuse(f"jwe_doubled_{label}_at_the_end", "malformed_envelope",
                   token(header_text()[:-1] + "," + pair + "}")),
            refuse(f"jwe_doubled_{label}_at_the_start", "malformed_envelope",
                   token("{" + pair + "," + header_text()[1:])),
        ]
    escaped = header_text()[:-1] + f',"k\\u0069d":"{KID}"}}'
    other = "{" + f'"kid":"{key_id(OTHER_KEY)}",' + header_text()[1:]
    return cases + [
        refuse("jwe_doubled_kid_behind_an_escape", "malformed_envelope", token(escaped)),
        refuse("jwe_doubled_kid_of_another_key", "malformed_envelope", token(other)),
        refuse("jwe_doubled_aud", "malformed_envelope",
               token(header_text(aud="a")[:-1] + ',"aud":"a"}'), audience="a"),
        refuse("jwe_doubled_cty", "malformed_envelope",
               token(header_text(cty="a")[:-1] + ',"cty":"a"}')),
        refuse("jwe_doubled_typ", "malformed_envelope",
               token(header_text(typ="JOSE")[:-1] + ',"typ":"JOSE"}')),
    ]


def not_an_object():
    good = header_text()
    texts = {
        "empty_array": "[]", "array": f"[{good}]", "string": '"dir"', "number": "1", "null": "null",
        "true": "true", "empty_object": "{}", "text": "dir", "space": " ", "truncated": good[:-1],
        "second_object": good + "{}", "text_after": good + "x", "nul_after": good + "\x00",
        "trailing_comma": good[:-1] + ",}", "leading_comma": "{," + good[1:],
        "single_quotes": good.replace('"', "'"), "comment": good[:-1] + "/**/}",
        "bare_name": good.replace('"alg"', "alg"), "byte_order_mark": "\ufeff" + good,
        "form_feed": "\f" + good, "no_break_space": "\xa0" + good,
        "raw_newline_in_text": good.replace("dir", "d\nir"),
        "missing_colon": good.replace(":", "", 1),
        "bad_escape": good.replace("dir", "\\d\\i\\r"),
        "short_escape": good.replace("dir", "d\\u69r"),
        "lone_surrogate": header_text(cty="x").replace('"x"', '"\\ud800"'),
        "swapped_surrogates": header_text(cty="x").replace('"x"', '"\\udc00\\ud800"'),
    }
    cases = [refuse(f"jwe_header_{name}", "malformed_envelope", token(text))
             for name, text in texts.items()]
    latin = header_text(cty="x").encode().replace(b'"x"', b'"\xe9"')
    return cases + [
        refuse("jwe_header_not_utf8", "malformed_envelope", token(latin)),
        refuse("jwe_header_overlong_utf8", "malformed_envelope",
               token(latin.replace(b"\xe9", b"\xc0\xaf"))),
        refuse("jwe_header_surrogate_in_utf8", "malformed_envelope",
               token(latin.replace(b"\xe9", b"\xed\xa0\x80"))),
        refuse("jwe_header_utf16", "malformed_envelope", token(good.encode("utf-16-le"))),
        refuse("jwe_header_all_bytes_ff", "malformed_envelope", token(b"\xff" * 40)),
        refuse("jwe_header_of_2049_bytes", "malformed_envelope", token(filled(2049))),
        refuse("jwe_header_of_3_kib", "malformed_envelope", token(filled(3072))),
        refuse("jwe_header_of_3_kib_of_spaces", "malformed_envelope",
               token(good[:-1] + " " * 3072 + "}")),
    ]


def cases():
    return header_members() + foreign_members() + doubled_members() + not_an_object()
