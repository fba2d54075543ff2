"""A Hub on this machine: the few answers that loading asks for, from a dict of files, and a list of what was asked."""

import hashlib
import json
import re
import threading
from collections import namedtuple
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Asked = namedtuple("Asked", "method path bytes login")
COMMIT = hashlib.sha1(b"made").hexdigest()


class Repository:
    """files: path -> bytes; card: front matter of the model card; revisions: names of the one commit."""

    def __init__(self, files, card=None, revisions=("main", COMMIT), gated=False):
        self.files, self.card, self.revisions, self.gated = files, card or {}, revisions, gated


class Handler(BaseHTTPRequestHandler):
    """Answers as huggingface.co does."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, body):
        if self.server.stopped:  # connections are kept open; they must not outlive the server
            self.close_connection = True
            return None
        path = self.path.partition("?")[0]
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self.info(self.server.repositories.get(match[1]), match[1], match[2] or "main", body)
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self.file(self.server.repositories.get(match[1]), *match.groups()[1:], body)
        return self.fail(404, "EntryNotFound", body)

    def fail(self, status, code, body):
        self.send(status, b"{}", body, {"X-Error-Code": code, "X-Error-Message": code})

    def info(self, repository, name, revision, body):
        if repository is None:
            return self.fail(401, "RepoNotFound", body)
        if revision not in repository.revisions:
            return self.fail(404, "RevisionNotFound", body)
        listed = [{"rfilename": path, "size": len(data)} for path, data in repository.files.items()]
        answer = {
            "id": name, "modelId": name, "sha": COMMIT, "siblings": listed, "tags": ["made"], "private": False,
            "downloads": 1, "likes": 0, "cardData": repository.card or None,
        }  # fmt: skip
        self.send(200, json.dumps(answer).encode(), body, {"Content-Type": "application/json"})

    def file(self, repository, revision, path, body):
        if repository is None:
            return self.fail(401, "RepoNotFound", body)
        if repository.gated:
            return self.fail(403, "GatedRepo", body)
        if revision not in repository.revisions:
            return self.fail(404, "RevisionNotFound", body)
        if path not in repository.files:
            return self.fail(404, "EntryNotFound", body)
        data = repository.files[path]
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            first, last = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            return self.send(206, data[first : last + 1], body, headers)
        return self.send(200, data, body, headers)

    def send(self, status, data, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.server.asked.append(Asked(self.command, self.path, len(data) * body, self.headers.get("Authorization")))
        if body:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextmanager
def serving(repositories):
    """(address, list of what was asked) while the server runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.repositories, server.asked, server.stopped = repositories, [], False
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.asked
    finally:
        server.stopped = True
        server.shutdown()
        server.server_close()
        thread.join(5)
