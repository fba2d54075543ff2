"""Begin to serve: the pages at an address, and the watch over what belongs to visitors."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from explorer import tokenizers
from explorer.foundation.cache import every_cache
from explorer.pages.app import launch_options
from explorer.pages.bring.uploads import uploads
from explorer.pages.shared import memory
from explorer.pages.shared.gradio_sessions import GradioSessions
from explorer.pages.shared.head import preloads
from explorer.pages.shared.map_works import works
from explorer.pages.shared.presence import Keeper, presence
from explorer.pages.shared.serve import addresses, end_when_dropped, free_port, take_short_turns
from explorer.pages.shared.visitor_files import UploadPlace, files
from explorer.pages.shared.visitors import visitors


def serve(demo: gr.Blocks, host: str, port: int | None, allowed: Sequence[str]) -> list[str]:
    """Begin to serve in threads of their own; the addresses that can be opened on this machine and others.

    port: None for the first free one from 7860, 0 for any. allowed: names to answer to, besides those of this machine.
    """
    memory.few_arenas()
    take_short_turns()
    options = launch_options(host, free_port(host) if port == 0 else port or 0, allowed, preloads(demo))
    # Gradio gives its own page three seconds, and on a busy machine ends with advice to share it: _frontend leaves that
    # out, and whether it serves is known by then.
    app, _, _ = demo.launch(prevent_thread_lock=True, quiet=True, _frontend=False, **options)
    app.uploaded_file_dir = UploadPlace(files.root)
    for listening in demo.server.servers:  # type: ignore[union-attr]
        for one in listening.sockets:
            end_when_dropped(one)
    sessions = GradioSessions(demo, app)
    presence.watch(lambda: keepers(sessions), memory.give_back)
    presence.start()
    return addresses(host, demo.server_port)


def keepers(sessions: GradioSessions) -> list[Keeper]:
    """Everything that holds things of visitors: pages and sessions by session, the rest by the visitor's name."""
    return [visitors, sessions, tokenizers, uploads, works, *every_cache, files]
