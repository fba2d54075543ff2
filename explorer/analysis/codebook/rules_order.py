"""Rules on the order of the media: usage that changes along them, and halves that do not agree."""

from __future__ import annotations

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import GITHUB, Finding
from explorer.analysis.codes.drift import halves_in_order, trend
from explorer.foundation.words import count_of, is_are

OTHER_CODES = 0.15  # bits of Jensen-Shannon beyond what shuffled media give: above it a warning
SOURCE = f"How much data, and which, does a usage figure need: {GITHUB}FoundationVision/LlamaGen/issues/65"


def drift(of: Evidence) -> Finding | None:
    """A first half of the media that uses other codes than the last."""
    known = halves_in_order(of.level)
    if known is None:
        return None
    text = (
        f"The shares of the codes differ by {known.js_bits:.2f} bits (Jensen-Shannon, 1 at most) between the first "
        f"half of {of.media:,} {of.unit} and the last{of.where}, and by {known.usual:.2f} if the same {of.unit} are "
        "shuffled. "
        f"{count_of(known.used[0], 'code')} {is_are(known.used[0])} used in the first and {known.used[1]:,} in the "
        f"last, {known.only[0]:,} and {known.only[1]:,} of them only there."
    )
    return Finding(
        "warning" if known.js_bits - known.usual >= OTHER_CODES else "note",
        f"The first half of the {of.whole} uses other codes than the last{of.where}",
        text,
        "certain",
        "If the files are sorted by kind, that is all: figures of a part of them say nothing of the rest. Otherwise "
        "look whether the model was changing while it was counted (training mode), and what is different in the later "
        "files.",
        "batches",
        SOURCE,
        of.number,
        "Usage that changes along the media",
    )


def falling(of: Evidence) -> Finding | None:
    """Media that use fewer codes, or more, the later they come."""
    known = trend(of.level)
    if known is None:
        return None
    word = "falls" if known.last < known.first else "rises"
    text = (
        f"Perplexity of one {'part' if of.parts else 'medium'}{of.where}: {known.first:,.0f} in the first quarter of "
        f"{known.media:,} {of.unit} "
        f"(median), {known.last:,.0f} in the last."
    )
    return Finding(
        "warning",
        f"Usage {word} along the {of.whole}{of.where}",
        text,
        "certain",
        "Look at the later files (sorted by kind, fading, cut, darker?), and whether the model changes while it is "
        "counted.",
        "batches",
        SOURCE,
        of.number,
        "Usage that changes along the media",
    )


def halves(of: Evidence) -> Finding | None:
    """An estimate that the two halves of the data, even and odd media, do not share."""
    known = of.halves
    if known is None or known.stable or of.first_look:
        return None
    text = (
        f"Perplexity {known.perplexity[0]:,.0f} over the even {of.unit} and {known.perplexity[1]:,.0f} over the odd "
        f"ones{of.where}: the figure still depends on which {of.unit} are counted."
    )
    title, advice = f"Not stable yet{of.where}", "Count more media."
    return Finding("note", title, text, "certain", advice, "halves", SOURCE, of.number, "Figures not stable yet")
