"""What the browser gets of two audits side by side."""

from __future__ import annotations

from typing import Any

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.codebook.difference import difference
from explorer.joints.audit import Audit
from explorer.joints.measures.usage import Usage
from explorer.joints.record import Codebook

FIGURES = ("tokens", "ceiling", "used", "usage", "usage_of_ceiling", "perplexity", "entropy_bits", "gini")


def beside_payload(
    audits: tuple[Audit, Audit], codebooks: tuple[tuple[Codebook, ...] | None, ...], level: int
) -> dict[str, Any]:
    """Figures, findings and changed codes of two audits on one level. Raises RecordError if they do not fit."""
    found = difference(*audits, level)
    return {
        "titles": [audit.title for audit in audits],
        "amounts": [audit.amount_words for audit in audits],
        "figures": [_figures(usage) for usage in found.usage],
        "js_bits": found.js_bits,
        "js_chance": found.js_chance,
        "only": [found.only_first, found.only_second],
        "codes": found.codes.tolist(),
        "shares": found.shares.tolist(),
        "bits": found.bits.tolist(),
        "words": found.words,
        "findings": [_findings(audit, books, level) for audit, books in zip(audits, codebooks, strict=True)],
    }


def _figures(usage: Usage) -> dict[str, Any]:
    figures: dict[str, Any] = {name: getattr(usage, name) for name in FIGURES}
    return figures | {"none": int((usage.counts == 0).sum()), "codebook_size": usage.codebook_size}


def _findings(audit: Audit, books: tuple[Codebook, ...] | None, level: int) -> list[dict[str, Any]]:
    """Of this level and of the whole audit, the worst first."""
    found = diagnose(audit, books or [None] * len(audit.levels))
    return [one.as_json() for one in found if one.codebook_level in (None, level)]
