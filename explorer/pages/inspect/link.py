"""What a link to the Inspect page asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from explorer.pages.inspect import media
from explorer.pages.shared.link_keys import tell_outside, tell_stray
from explorer.pages.shared.session import Visit, suit, visit_from_query
from explorer.tokenizers import list_tokenizers


def linked_visit(query: Mapping[str, str]) -> tuple[Visit, str]:
    """The visit, without a tokenizer where there is none at all, and what of the link could not be had, in words."""
    visit, said = visit_from_query(query, [spec.id for spec in list_tokenizers()])
    spec = media.spec_of(visit.tokenizer) if visit.tokenizer else None
    if spec and "picture" not in query:  # nobody has chosen one yet, so nothing need be said or kept
        visit = replace(suit(visit, spec.modality)[0], before=())
    beyond = tell_outside(query, spec.sizes) if spec else []
    return visit, " ".join([*said, *tell_stray("inspect", query), *beyond])
