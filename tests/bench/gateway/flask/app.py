"""A webhook endpoint as the guides build it: Flask, an HMAC, and a limiter in Redis."""

import base64
import hashlib
import hmac
import os
import time

import redis
from flask import Flask, request

TOLERANCE_SECONDS = 300
WINDOW_SECONDS = 60
# So many that nobody is refused: what is measured is the counting.
REQUESTS_MAX = 1_000_000_000

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1 << 20
key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
counters = redis.Redis(port=int(os.environ["REDIS_PORT"]))


def limited(address):
    """Counts the requests of an address in a fixed window."""
    window = int(time.time()) // WINDOW_SECONDS
    name = f"limit:{address}:{window}"
    counting = counters.pipeline()
    counting.incr(name)
    counting.expire(name, WINDOW_SECONDS)
    return counting.execute()[0] > REQUESTS_MAX


def authentic(headers, body):
    """Whether the body is signed, and of now."""
    identifier = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{identifier}.{timestamp}.".encode() + body
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(f"v1,{mac}", signature) for signature in given)


@app.post("/hooks/orders")
def receive():
    """Limits, verifies, and answers."""
    if limited(request.remote_addr):
        return "too many requests", 429
    if not authentic(request.headers, request.get_data()):
        return "refused", 401
    return "", 204
