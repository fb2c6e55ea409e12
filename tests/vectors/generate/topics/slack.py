"""Scheme `slack`: a version, the timestamp and the body, joined by colons."""

from case import BODY, KEY, NOW, accepted, refused, sealed, signed, text_secret

ABOUT = "Scheme slack: the documentation's example, and the boundary between timestamp and body."

SLACK = "api.slack.com, verifying requests from Slack"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TIME = 1531420618
KNOWN = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BODY_KNOWN = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def cases():
    headers = [["X-Slack-Signature", KNOWN], ["X-Slack-Request-Timestamp", str(TIME)]]
    known = {"options": {"secrets": [SECRET]}, "headers": headers, "source": SLACK}
    secrets = [text_secret("first"), text_secret("second")]
    moved = [["X-Slack-Request-Timestamp", "170000000"], signed("slack")[1]]
    later = [["X-Slack-Request-Timestamp", str(NOW + 1)], signed("slack")[1]]
    return [
        accepted("slack_known_answer", "slack", now=TIME + 1, body=BODY_KNOWN, timestamp=TIME,
                 **known),
        sealed("slack_known_answer_sealed", "slack", {"secrets": [SECRET]}, payload=BODY_KNOWN,
               now=TIME, source=SLACK),
        sealed("slack_second_secret_matches", "slack", {"secrets": secrets[1:]},
               {"secrets": secrets}, matched=("secret-2",)),
        sealed("slack_signs_with_the_primary_alone", "slack", {"secrets": secrets}),
        sealed("slack_jwe_brings_the_id", "slack",
               {"secrets": secrets[:1], "encryptionKeys": [KEY]}),
        refused("slack_known_answer_today", "timestamp_too_old", "slack", body=BODY_KNOWN, **known),
        refused("slack_known_answer_changed_body", "signature_mismatch", "slack", now=TIME + 1,
                body=BODY_KNOWN + b"0", **known),
        refused("slack_of_another_secret", "signature_mismatch", "slack",
                options={"secrets": secrets[1:]}),
        refused("slack_changed_timestamp", "signature_mismatch", "slack", headers=later),
        refused("slack_digit_moved_into_the_body", "signature_mismatch", "slack", headers=moved,
                body=b"0" + BODY),
    ]
