"""The compare page: the same media through several tokenizers, side by side.

The page is one browser component, which asks `compare_ask` for what it shows, not through the queue of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explorer.compare.kinds import KINDS
from explorer.compare.media import PRESET_PREFIX, open_media
from explorer.compare.run import TOKENIZERS
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.media.medium import Modality
from explorer.media.samples import SAMPLE_PREFIX, samples_of
from explorer.pages.compare import events as compare_events
from explorer.pages.compare.requests import OWN
from explorer.pages.shared.session import SIDES_PX
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import list_tokenizers
from explorer.views.compare.payload import best_of_each_kind, is_comparable, tokenizers_payload
from explorer.views.compare.view import CompareView, opening

FIRST_MANY = 4  # tokenizers compared at the first visit


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
    specs, notes = [spec for spec in list_tokenizers() if spec.modality in KINDS], []
    known = {spec.id: spec.modality for spec in specs if is_comparable(spec)}
    low, high = TOKENIZERS
    asked = [one for one in query.get("tokenizers", "").split(",") if one]
    modality = next((known[one] for one in asked if one in known), "image")
    ids = [one for one in dict.fromkeys(asked) if known.get(one) == modality][:high]
    if asked and len(ids) < len(asked):
        notes.append(
            "Some tokenizers of the link are not here, or cannot be compared with the rest; they are left out."
        )
    if len(ids) < low:
        if asked:
            notes.append("Fewer than two of them are here, so others are compared.")
        ids = best_of_each_kind(specs, FIRST_MANY, modality)
        if len(ids) < low and modality != "image":  # one of a kind is no comparison
            ids, modality = best_of_each_kind(specs, FIRST_MANY), "image"
    if len(ids) < low:
        notes.append("There are not two tokenizers to compare. `python -m explorer train rvq-4` makes one.")
    media = query.get("media", "")
    if media and not _is_there(media, modality):
        notes.append(
            "The media of this link were somebody's own and did not travel with it; a sample is shown."
            if media == OWN
            else "What this link was compared on is not here; a sample is shown."
        )
    if not _is_there(media, modality):
        media = f"{SAMPLE_PREFIX}{next(iter(samples_of(modality)), '')}"
    limits = settings().limits
    caps = {
        "least": low,
        "most": high,
        "media": limits.compare_media,
        "file_bytes": limits.upload_bytes,
        "upload_bytes": limits.audit_upload_bytes,
        "sides": SIDES_PX,
    }
    return opening(token, tokenizers_payload(specs), caps, ids, media, " ".join(notes))


def _is_there(media: str, modality: Modality) -> bool:
    """Whether a link's medium is a sample or a preset."""
    if not media.startswith((SAMPLE_PREFIX, PRESET_PREFIX)):
        return False
    try:
        return len(open_media([media], settings().limits, modality=modality)) > 0
    except ExplorerError:
        return False


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: its comparison ends, and its files go."""
    visitors.leave(request.session_hash or "")
