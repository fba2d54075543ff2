"""The codebook page: a whole codebook over a whole data set, and the page of each of its codes.

The page is one browser component, which asks `codebook_ask` for what it shows, not through the queue of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explorer.audit.opening import given_audits
from explorer.pages.codebook import events as codebook_events
from explorer.pages.codebook.own import OWN
from explorer.pages.shared.link_keys import tell_outside, tell_stray
from explorer.pages.shared.session import level_of, tell_lost, whole_number
from explorer.pages.shared.visitors import visitors
from explorer.tokenizers import list_tokenizers
from explorer.views.codebook.view import CodebookView, opening


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = CodebookView(server_functions=[codebook_ask])
    demo.load(_open, None, view, show_progress="hidden", api_visibility="private")
    demo.unload(_leave)


def codebook_ask(request: dict[str, Any]) -> str:
    """One answer of the page, as JSON."""
    return codebook_events.ask(request)


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link."""
    visitor = visitors.enter(request.session_hash or "")
    return opening_of(dict(request.query_params), visitor.token)


def opening_of(query: Mapping[str, str], token: str) -> str:
    """The opening of a page for a link's query; what does not hold falls back to the default, and is said."""
    specs = list_tokenizers()
    ids = [spec.id for spec in specs]
    said = []
    tokenizer, audit = query.get("tokenizer"), query.get("audit")
    if not ids:
        said.append("There is no checkpoint. `python -m explorer train vq-ema-reseed` makes one.")
    elif tokenizer is not None and tokenizer not in ids:
        said.append("The link names a tokenizer that is not here; the first one is shown.")
    given = {one.id: one.tokenizer for one in given_audits()}
    if audit in given:
        tokenizer = given[audit]
    elif tokenizer not in ids:
        tokenizer = ids[0] if ids else None
    if audit is not None and audit not in codebook_events.shipped_ids(tokenizer):
        said.append(
            f"{tell_lost('audit')} A shipped one is shown."
            if audit.startswith(OWN)
            else "The link names an audit that is not here; the first one is shown."
        )
        audit = None
    sizes = next((spec.sizes for spec in specs if spec.id == tokenizer), None)  # of plain indices nobody knows here
    beyond = tell_outside(query, sizes) if sizes else []
    chosen = [
        {"id": s.id, "title": s.title, "modality": s.modality, "quantizer": s.quantizer, "vocabulary": s.vocabulary}
        for s in specs
    ]
    return opening(
        token,
        chosen,
        tokenizer=tokenizer,
        audit=audit,
        level=level_of(query),
        code=whole_number(query.get("code")),
        message=" ".join([*said, *tell_stray("codebook", query), *beyond]),
    )


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: its audits end, and its files go."""
    visitors.leave(request.session_hash or "")
