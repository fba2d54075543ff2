"""The compare page: the same media through several tokenizers, side by side.

The page is one browser component, which asks `compare_ask` for what it shows, not through the queue of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explorer.compare.kinds import KINDS
from explorer.compare.run import TOKENIZERS
from explorer.foundation.config import settings
from explorer.pages.compare import events as compare_events
from explorer.pages.compare.link import linked_comparison
from explorer.pages.shared.link_keys import tell_stray
from explorer.pages.shared.session import SIDES_PX
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import list_tokenizers
from explorer.views.compare.payload import tokenizers_payload
from explorer.views.compare.view import CompareView, opening


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = CompareView(server_functions=[compare_ask])
    demo.load(_open, None, view, show_progress="hidden", api_visibility="private")
    demo.unload(_leave)


def compare_ask(request: dict[str, Any]) -> str:
    """One answer of the page, as JSON."""
    return compare_events.ask(request)


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link."""
    visitor = visitors.enter(request.session_hash or "")
    return opening_of(dict(request.query_params), visitor.token)


def opening_of(query: Mapping[str, str], token: str) -> str:
    """The opening of a page for a link's query; what does not hold falls back to the default, and is said."""
    linked, limits = linked_comparison(query), settings().limits
    low, high = TOKENIZERS
    caps = {
        "least": low,
        "most": high,
        "media": limits.compare_media,
        "file_bytes": limits.upload_bytes,
        "upload_bytes": limits.audit_upload_bytes,
        "sides": SIDES_PX,
    }
    specs = [spec for spec in list_tokenizers() if spec.modality in KINDS]
    ids = linked.tokenizers
    stray = tell_stray("compare", query, {"left": (*ids, "original"), "right": (*ids, "original"), "baseline": ids})
    said = " ".join(filter(None, [linked.said, *stray]))
    return opening(token, tokenizers_payload(specs), caps, ids, linked.media, said)


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: its comparison ends, and its files go."""
    visitors.leave(request.session_hash or "")
