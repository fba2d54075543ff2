"""What tests of the compare page share: what a visitor asks of it, sends, and gets to see."""

import base64
import io
import json
import time

import numpy as np
from PIL import Image

from explorer.pages.compare import events as compare_events

PATIENCE_S = 60
PAIR = ["fsq", "rvq-4"]


def ask(visitor, what, **more):
    return json.loads(compare_events.ask({"what": what, "token": visitor.token, **more}))


def compared(visitor, media, tokenizers=PAIR):
    """The id of the job, when it has ended."""
    job = ask(visitor, "start", media=media, tokenizers=tokenizers)["job"]
    limit = time.monotonic() + PATIENCE_S
    while job["state"] in ("waiting", "running", "stopping"):
        assert time.monotonic() < limit, job
        time.sleep(0.05)
        job = ask(visitor, "state", job=job["id"])["job"]
    return job


def pixels_of(url):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))
