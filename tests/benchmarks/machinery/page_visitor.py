"""PageVisitor: what the Inspect page of a browser asks of the server, without a browser: bench_visitors_soak.py."""

from __future__ import annotations

import json
import secrets
import threading
from pathlib import Path

import httpx

PATIENCE_S = 300.0
API = "gradio_api/"


class PageVisitor:
    """One open page. Entered, it has loaded; left, it is closed, and its connections with it."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE_S)
        self._session = secrets.token_hex(6)
        self._beat = threading.Thread(target=self._hold, daemon=True)
        self._left = threading.Event()

    def __enter__(self) -> PageVisitor:
        self._client.get("", headers={"accept": "text/html"}).raise_for_status()
        self._config = self._client.get("config").json()
        self._beat.start()
        for event in self._events("load"):
            self._run(event)
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._client.close()
        self._beat.join(PATIENCE_S)

    def show(self, file: Path) -> None:
        """Send a picture, and wait for all views of it and its maps."""
        with file.open("rb") as data:
            (path,) = self._client.post(f"{API}upload", files={"files": (file.name, data, "image/png")}).json()
        sent = {"path": path, "orig_name": file.name, "meta": {"_type": "gradio.FileData"}}
        for event in self._events("upload", "upload-file"):
            self._run(event, sent)

    def _events(self, name: str, elem_id: str | None = None) -> list[dict]:
        """The events of that name of the first page, of one of its components where it is named."""
        ids = {one["id"] for one in self._config["components"] if one["props"].get("elem_id") == elem_id}
        first = set(self._config["page"][""]["dependencies"])
        return [
            one
            for one in self._config["dependencies"]
            if one["id"] in first and one["backend_fn"]
            and any(event == name and (elem_id is None or target in ids) for target, event in one["targets"])
        ]  # fmt: skip

    def _run(self, event: dict, value: object = None) -> None:
        """Run an event to its end, then those that follow it. value: of its last input; states are the server's."""
        data = [*[None] * (len(event["inputs"]) - 1), value] if event["inputs"] else []
        asked = {"data": data, "fn_index": event["id"], "session_hash": self._session, "event_data": None}
        answer = self._client.post(f"{API}queue/join", json=asked)
        answer.raise_for_status()
        self._wait_for(answer.json()["event_id"])
        for next_one in self._config["dependencies"]:
            if next_one.get("trigger_after") == event["id"] and next_one["backend_fn"]:
                self._run(next_one)

    def _wait_for(self, event_id: str) -> None:
        with self._client.stream("GET", f"{API}queue/data", params={"session_hash": self._session}) as lines:
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed" and message.get("event_id") == event_id:
                    if not message["success"]:
                        raise RuntimeError(f"the page was refused: {message['output']}")
                    return

    def _hold(self) -> None:
        """The connection that every page holds open."""
        address, cookies = f"{self._client.base_url}{API}heartbeat/{self._session}", self._client.cookies
        with httpx.stream("GET", address, cookies=cookies, timeout=PATIENCE_S) as beats:
            for _ in beats.iter_raw():
                if self._left.is_set():
                    return
