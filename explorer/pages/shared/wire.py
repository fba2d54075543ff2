"""What goes over the wire small: documents and answers of the pages, packed for a browser that takes them so.

Gradio packs what has the name of a file, and nothing else: answers are JSON, of which half are numbers in base64.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from typing import Any

import brotli  # Gradio's own requirement

LEAST_BYTES = 1024  # below it, headers and the work of both sides weigh as much
BROTLI, GZIP = 3, 1  # of 0 to 11 and 9: a millisecond for 400 kB, and a second where all is tried
ON_LOOP_BYTES = 64 * 1024  # packed in half a millisecond, twice what another thread's turn costs
_ANSWER = re.compile(rb"(?:text/html|application/json)\b")
_NEVER = re.compile(r"/(?:queue/data|heartbeat|upload_progress)\b")  # come piece by piece


class PackAnswers:
    """ASGI middleware: packs what is HTML or JSON, comes whole and has LEAST_BYTES.

    What is longer than ON_LOOP_BYTES is packed in a thread, which leaves Python to others meanwhile: 36 MB take seconds
    in which nobody else would be answered.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        taken = packing_of(dict(scope["headers"])) if scope["type"] == "http" else ""
        if not taken or _NEVER.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        started: list[dict] = []

        async def sending(message: dict) -> None:
            if message["type"] == "http.response.start" and _is_answer(message):
                started.append(message)
            elif started and message["type"] == "http.response.body":
                for one in await packed_messages(started.pop(), message, taken):
                    await send(one)
            else:
                await send(message)

        await self._app(scope, receive, sending)


def packing_of(headers: dict[bytes, bytes]) -> str:
    """ "br" or "gzip", whichever a browser takes by the headers of its request; "" for neither."""
    said = headers.get(b"accept-encoding", b"").decode("latin-1").lower()
    wants = {part.split(";")[0].strip() for part in said.split(",") if not re.search(r";\s*q=0(?:\.0*)?\s*$", part)}
    return next((one for one in ("br", "gzip") if one in wants), "")


def _is_answer(start: dict) -> bool:
    headers = {name.lower(): value for name, value in start["headers"]}
    kind = headers.get(b"content-type", b"")
    return start["status"] == 200 and bool(_ANSWER.match(kind)) and b"content-encoding" not in headers


def pack(data: bytes, taken: str) -> bytes:
    """taken: "br" or "gzip"."""
    return brotli.compress(data, quality=BROTLI) if taken == "br" else gzip.compress(data, GZIP, mtime=0)


async def packed_messages(start: dict, body: dict, taken: str) -> list[dict]:
    """Both messages with the body packed; unchanged where it is short, or only the first part of one."""
    data = body.get("body", b"")
    if body.get("more_body") or len(data) < LEAST_BYTES:
        return [start, body]
    data = pack(data, taken) if len(data) <= ON_LOOP_BYTES else await asyncio.to_thread(pack, data, taken)
    others = [pair for pair in start["headers"] if pair[0].lower() not in (b"content-length", b"vary")]
    varies = b", ".join(value for name, value in start["headers"] if name.lower() == b"vary")
    headers = [
        *others,
        (b"content-length", str(len(data)).encode()),
        (b"content-encoding", taken.encode()),
        (b"vary", b", ".join(filter(None, (varies, b"Accept-Encoding")))),
    ]
    return [start | {"headers": headers}, body | {"body": data}]
