"""Levels of plain indices that stay in numbers of their own, so that how many codes each has is in doubt."""

from __future__ import annotations

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import JIA, Finding


def in_doubt(of: Evidence) -> Finding:
    """Instead of dead codes: codes of the other levels are no dead codes of this one."""
    text = (
        f"Each level stays in {of.own_range:,} numbers that no other has, as codes with an offset do. If each is a "
        f"codebook of {of.own_range:,} codes, this one uses {of.usage.used:,} of them; if all share {of.size:,}, the "
        f"other {of.size - of.usage.used:,} have no token here."
    )
    advice = f"If so, take each level's first number from its tokens, and count again with {of.own_range:,} codes."
    title = f"Whether codes are dead cannot be told{of.where}: K may be {of.own_range:,}"
    return Finding("note", title, text, "certain", advice, "heatmap", JIA, of.number, "Dead or not cannot be told")
