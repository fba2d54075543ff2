"""Which audits can stand beside the one on the page: those of codebooks of the same sizes, whatever their tokenizer.

A key names one: the tokenizer's id (empty for plain indices), a colon, and the audit's id.
"""

from __future__ import annotations

from typing import Any

from explorer.analysis.codebook.difference import fits_beside
from explorer.audit.opening import given_audits
from explorer.foundation.errors import ExplorerError
from explorer.pages.codebook import audits as codebook_audits
from explorer.pages.codebook.audits import OpenAudit
from explorer.pages.codebook.first_look import QUICK
from explorer.pages.codebook.own import own_audits
from explorer.pages.shared.visitors import Visitor


def besides(visitor: Visitor | None, opened: OpenAudit) -> list[dict[str, Any]]:
    """{"key", "title", "tokens"} of each; the first look is left out, since it is no audit to compare with."""
    tokenizer = opened.spec.id if opened.spec else None
    own = tuple(own_audits(visitor).values())
    places = [(one.tokenizer, one.id) for one in (*reversed(own), *given_audits())]
    places += [(tokenizer, one["id"]) for one in codebook_audits.listing(visitor, tokenizer)]
    found = []
    for place in dict.fromkeys(places):
        if place == (tokenizer, opened.id) or place[1] == QUICK:
            continue
        try:
            other = codebook_audits.open_audit(visitor, *place)
        except ExplorerError:
            continue  # its files are gone; it is missing from the list, too
        if fits_beside(opened.audit, other.audit):
            title = other.audit.title
            named = title if place[0] in (None, tokenizer) else f"{title}, {place[0]}"
            found.append({"key": key_of(*place), "title": named, "tokens": other.audit.tokens})
    return found


def key_of(tokenizer: str | None, audit: str) -> str:
    return f"{tokenizer or ''}:{audit}"


def open_beside(visitor: Visitor | None, key: str) -> OpenAudit:
    """The audit of a key. Raises ExplorerError if it is not there."""
    tokenizer, _, audit = key.rpartition(":")
    return codebook_audits.open_audit(visitor, tokenizer or None, audit or None)
