"""The page of a language model of tokens: half a picture is given, and the rest is written token by token.

The page is one browser component, which asks `language_ask` for what it shows, not through the queue of events.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import gradio as gr

from explorer.foundation.errors import ExplorerError
from explorer.media.samples import PICTURES
from explorer.pages.language import desk, events
from explorer.pages.language.link import first_state, state_of_query, text_of_tokens
from explorer.pages.shared.thumbnails import is_here, thumbnail_address
from explorer.pages.shared.visitors import visitors
from explorer.views.language.payload import facts_payload
from explorer.views.language.view import LanguageView, opening


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = LanguageView(server_functions=[language_ask])
    demo.load(_open, None, view, show_progress="hidden", api_visibility="private")
    demo.unload(_leave)


def language_ask(request: dict[str, Any]) -> str:
    """One answer of the page, as JSON."""
    return events.ask(request)


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link."""
    visitor = visitors.enter(request.session_hash or "")
    return opening_of(dict(request.query_params), visitor.token)


def opening_of(query: Mapping[str, str], token: str) -> str:
    """The opening of a page for a link's query; what does not hold falls back to the default, and is said."""
    try:
        known = desk.facts()
    except ExplorerError as error:
        return opening(token, None, [], {}, str(error))
    state, said = state_of_query(query, known)
    chosen = asdict(state) | {"written": text_of_tokens(state.written, known.codebook_size)}
    shown = facts_payload(known) | {"first": asdict(first_state(known))}
    return opening(token, shown, pictures(), chosen, said)


@functools.cache
def pictures() -> list[dict[str, str]]:
    """{"id", "title", "about", "image"} of each sample; one that is not here is left out."""
    return [
        {"id": one.id, "title": one.title, "about": f"{one.source}, {one.licence}"}
        | {"image": thumbnail_address("sample", one.id)}
        for one in PICTURES.values()
        if is_here(one)
    ]


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: what is being written ends, and an uploaded picture goes."""
    visitors.leave(request.session_hash or "")
