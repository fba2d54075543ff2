"""What a page asks of the panel "Bring a tokenizer", and how long one waits for the answer."""

import json
import shutil
import time

from explorer.pages.bring import events as loading
from explorer.pages.shared.visitor_files import NOBODYS, files

PATIENCE_S = 60


def upload(uploads, path, name=None):
    """As an upload lies on the server: in a folder of its own."""
    place = files.new_folder(f"{NOBODYS}{time.monotonic_ns()}") / (name or path.name)
    shutil.copy(path, place)
    return str(place)


def kept_files(uploads):
    """The files that stay."""
    return [file.name for folder, _ in uploads._kept.values() for file in folder.rglob("*") if file.is_file()]


def ask(visitor, what, **more):
    return json.loads(loading.ask({"what": what, "token": visitor.token, **more}))


def settled(visitor, job, until=("planned", "done", "stopped", "failed")):
    """The job, when it stands still."""
    limit = time.monotonic() + PATIENCE_S
    while job["state"] not in until:
        assert time.monotonic() < limit, job
        time.sleep(0.02)
        job = ask(visitor, "state", job=job["id"])["job"]
    return job


def looked(visitor, **what):
    return settled(visitor, ask(visitor, "plan", **what)["job"])
