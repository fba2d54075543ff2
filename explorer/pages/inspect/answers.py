"""What the results of the Inspect page answer: `ask` takes one request of the browser and gives JSON with parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from explorer.foundation.errors import ExplorerError, FieldError, RecordError, plain_words
from explorer.pages.inspect import events, media
from explorer.pages.inspect import requests as asked
from explorer.pages.inspect.clip import clip_figure, film
from explorer.pages.inspect.graph import anchors, ways
from explorer.pages.inspect.link import linked_visit
from explorer.pages.inspect.series import token_off
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.dispatch import Dispatcher, Event
from explorer.pages.shared.fields import at_field
from explorer.pages.shared.figures import draw_figure
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import Visitor, visitors
from explorer.tokenizers import load_tokenizer
from explorer.views.inspect.page import share_urls
from explorer.views.kit.widgets import export_bar

LATE = "Something else is shown by now."
_serial = iter(range(1, 2**62)).__next__  # only to tell two values apart


def _shown(visitor: Visitor, request: asked.OfTurn) -> Visit:
    visit = visitor.part(Wish).shown
    if visit.turn != request.turn:
        raise FieldError("turn", LATE)  # the browser says nothing of it: what is newer is on its way
    return visit


def _card(visitor: Visitor, request: asked.Card) -> dict[str, Any]:
    """A code was clicked: its card. The selection itself lives in the browser."""
    visit = _shown(visitor, request)
    if not request.first:
        token = request.position if request.position != -1 else None
        visit = replace(visit, level=request.level, code=request.code, token=token)
    return {"parts": {"card": events.card_value(visit)}}


def _levels(visitor: Visitor, request: asked.Levels) -> dict[str, Any]:
    """Another level, or another way to decode the levels."""
    visit = replace(_shown(visitor, request), level=request.level, mode=request.mode)
    return share_urls(events.decoded_parts(visit))


def _differences(visitor: Visitor, request: asked.Levels) -> dict[str, Any]:
    """The maps of each pixel of what these levels decode to, when one of them is opened."""
    visit = replace(_shown(visitor, request), level=request.level, mode=request.mode)
    with at_field("level", (RecordError,)):
        return events.differences(visit)


def _prepare(visitor: Visitor, request: asked.Link) -> dict[str, Any]:
    """What a link names may be asked for next: whatever takes time of it is made now, and kept for a while."""
    visit, _ = media.settle(linked_visit(dict(parse_qsl(request.query)))[0])
    events.everything(visit)
    return {}


def _maps(visitor: Visitor, request: asked.OfTurn) -> dict[str, Any]:
    """The slices, and the UMAPs that need no work; why not, under the map."""
    visit = _shown(visitor, request)
    try:
        return {"parts": {"view": events.with_kept_maps(visit)}}
    except ExplorerError as error:
        return {"parts": {"view": events.maps_value(visit, None, str(error))}}


def _umap(visitor: Visitor, request: asked.Umap) -> dict[str, Any]:
    """How far the UMAPs are; a failure leaves the maps that are there and is said under them."""
    visit = _shown(visitor, request)
    try:
        return events.umap_state(visit, request.have)
    except ExplorerError as error:
        return {"busy": False, "parts": {"view": events.maps_value(visit, None, str(error))}}


def _usage(visitor: Visitor, request: asked.Usage) -> str:
    """The usage panel, when it comes into sight."""
    record = runtime.record_of(_shown(visitor, request))
    look = {"counts": request.counts, "codes": request.codes, "log": request.log, "theme": request.theme}
    with at_field("level", (RecordError,)):
        return draw_figure("usage_by_rank", record, request.level, **look)


def _vector(visitor: Visitor, request: asked.Vector) -> str:
    """The vector on the card of a code, when it comes into sight."""
    levels = runtime.record_of(_shown(visitor, request)).levels
    if request.level >= len(levels):
        raise FieldError("level", f"There is no level {request.level + 1}; there are {len(levels)}.")
    with at_field("code", (RecordError,)):
        return draw_figure("code_vector", levels[request.level].codebook, request.code, theme=request.theme)


def _off(visitor: Visitor, request: asked.Off) -> dict[str, Any]:
    """What one token of a series does when it is another one by some steps."""
    visit = _shown(visitor, request)
    return token_off(runtime.record_of(visit), load_tokenizer(visit.tokenizer), request)


def _ways(visitor: Visitor, request: asked.Ways) -> dict[str, Any]:
    """The ways from a node of a graph to its anchors."""
    return ways(runtime.record_of(_shown(visitor, request)), request)


def _anchors(visitor: Visitor, request: asked.Anchors) -> dict[str, Any]:
    """What anchors a walk over the graph would choose."""
    visit = _shown(visitor, request)
    return anchors(runtime.record_of(visit), load_tokenizer(visit.tokenizer), request)


def _tokens(visitor: Visitor, request: asked.TokenFigure) -> str:
    """A figure of the graph or of the items on screen: collisions, coverage, the tree of ids."""
    record = runtime.record_of(_shown(visitor, request))
    with at_field("figure", RecordError):
        return draw_figure(request.figure, record, theme=request.theme)


def _clip(visitor: Visitor, request: asked.ClipFigure) -> str:
    """A figure of the clip on screen over time."""
    visit = _shown(visitor, request)
    return clip_figure(runtime.record_of(visit), load_tokenizer(visit.tokenizer), visit, request)


def _film(visitor: Visitor, request: asked.Film) -> dict[str, Any]:
    """The clip as a film."""
    visit = _shown(visitor, request)
    tokenizer = load_tokenizer(visit.tokenizer)
    return film(runtime.record_of(visit), tokenizer, f"{visit.tokenizer}_{visit.picture}", request)


def _export(visitor: Visitor, request: asked.Export) -> dict[str, Any]:
    """A file, or why there is none, beside the buttons."""
    try:
        file = events.export(_shown(visitor, request), request.kind, request.level)
    except Exception as error:
        return {"parts": {"exports": export_bar.payload(None, plain_words(error), _serial())}}
    words = f"Saved {file.name}, {len(file.data) / 1024:,.0f} KiB."
    return {"parts": {"exports": export_bar.payload(file, words, _serial())}}


EVENTS = Dispatcher(
    {
        "card": Event(_card, asked.Card),
        "levels": Event(_levels, asked.Levels),
        "differences": Event(_differences, asked.Levels),
        "prepare": Event(_prepare, asked.Link),
        "maps": Event(_maps, asked.OfTurn),
        "umap": Event(_umap, asked.Umap),
        "usage": Event(_usage, asked.Usage),
        "vector": Event(_vector, asked.Vector),
        "off": Event(_off, asked.Off),
        "ways": Event(_ways, asked.Ways),
        "anchors": Event(_anchors, asked.Anchors),
        "tokens": Event(_tokens, asked.TokenFigure),
        "clip": Event(_clip, asked.ClipFigure),
        "film": Event(_film, asked.Film),
        "export": Event(_export, asked.Export),
    },
    caller=lambda token: visitors.get(token),
)
ask = EVENTS.ask
