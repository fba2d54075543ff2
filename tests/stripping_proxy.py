"""A proxy that serves an app under a path and takes the path away before it passes a request on, as nginx does with
`location /vq/ { proxy_pass http://127.0.0.1:7860/; }`. Whatever is asked for outside of the path is noted and refused.
"""

import asyncio
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

HEAD_BYTES = 2**16


class Proxy:
    """path: such as "/vq". asked: of all requests, as they came. outside: those not below `path`."""

    def __init__(self, upstream, path):
        self.upstream, self.path = urlsplit(upstream), path
        self.asked, self.outside = [], []
        self.port = 0
        self._serving = set()  # asyncio itself keeps no task alive

    async def start(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            first, _, rest = head.partition(b"\r\n")
            method, target, version = first.split(b" ")
            self.asked.append(target.decode())
            if target.partition(b"?")[0] == self.path.encode():  # as nginx does without being told
                writer.write(b"HTTP/1.1 301 Moved Permanently\r\nLocation: " + self.path.encode() + b"/\r\n" + END)
            elif not target.startswith(self.path.encode() + b"/"):
                self.outside.append(target.decode())
                writer.write(b"HTTP/1.1 404 Not Found\r\n" + END)
            else:
                lines = [line for line in rest.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
                shorter = b" ".join([method, target.removeprefix(self.path.encode()), version])
                await self._pass_on(b"\r\n".join([shorter, *lines, b"Connection: close"]) + b"\r\n\r\n", reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    async def _pass_on(self, head, reader, writer):
        inner, out = await asyncio.open_connection(self.upstream.hostname, self.upstream.port)
        out.write(head)
        sending = asyncio.create_task(_copy(reader, out))
        try:
            await _copy(inner, writer)
        finally:
            sending.cancel()
            out.close()


END = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


async def _copy(reader, writer):
    while data := await reader.read(HEAD_BYTES):
        writer.write(data)
        await writer.drain()


@contextmanager
def stripping(upstream, path):
    """A running Proxy before an app at `upstream`."""
    proxy, loop, ready = Proxy(upstream, path), asyncio.new_event_loop(), threading.Event()

    def run():
        server = loop.run_until_complete(proxy.start())
        ready.set()
        loop.run_forever()
        server.close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
