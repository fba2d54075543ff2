"""The rule on codes without a token of which too little was counted to call them dead, and why that is so."""

from __future__ import annotations

import math

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import GITHUB, Finding, each_words
from explorer.analysis.codebook.rules_dead import narrow
from explorer.analysis.codebook.rules_why_dead import one_heap
from explorer.foundation.words import is_are, plural
from explorer.joints.measures.unused import CERTAIN_MEDIA, LIKELY_EACH, LIKELY_MEDIA


def unseen(of: Evidence) -> Finding | None:
    """Codes without a token of which too little was counted to call them dead."""
    known, usage = of.unused, of.usage
    if known.none == 0 or known.dead is not None or narrow(of) is not None or one_heap(of) is not None:
        return None
    counted = f" of {of.media_words}" if of.media_words else ""
    chance = of.size * math.exp(-of.share_each)
    text = (
        f"{usage.tokens:,} tokens{counted} were counted for {of.size:,} codes{of.where}: "
        f"{each_words(of.share_each)} for each; at most {usage.ceiling:,} could be used, and {usage.used:,} were. "
        f"Were all codes used alike, and tokens drawn one by one, {chance:,.0f} would have none. "
    )
    text += _why_open(of)
    return Finding(
        "note",
        f"{known.none:,} of {of.size:,} codes {is_are(known.none)} not seen yet{of.where}: "
        f"{plural(known.none, 'it', 'they')} may be dead",
        text,
        "possible",  # that they are dead; that they have no token is counted
        _more(of),
        "growth",
        f"Figures depend on the tokens counted: {GITHUB}bshall/VectorQuantizedVAE/issues/3 and "
        f"{GITHUB}yfChang-cv/FVQ/issues/2",
        of.number,
        "Codes not seen yet",
    )


def _more(of: Evidence) -> str:
    """What to count so that it can be told."""
    media = of.unused.media
    if media.opens:
        return "Count media of all kinds, in a mixed order: what these are may not be what comes next."
    if media.copied and media.own < CERTAIN_MEDIA:
        return f"Count {CERTAIN_MEDIA} {of.unit} or more that differ from each other."
    if media.total >= CERTAIN_MEDIA and of.share_each >= LIKELY_EACH:
        return "Not known yet: others are hardly less rare, so some of these may follow. More media would tell."
    return (
        f"Nothing need be changed yet. To tell whether codes are dead, count {CERTAIN_MEDIA} media or more and about "
        f"{LIKELY_EACH} tokens for each code, {LIKELY_EACH * of.size:,}."
    )


def _why_open(of: Evidence) -> str:
    """Why nothing can be called dead."""
    known, media = of.unused, of.unused.media
    if media.opens:
        return f"{media.change(of.whole)}. So {of.unit} to come may use codes that none of these does."
    if media.copied:
        return (
            f"The {of.media_words} share out their tokens as {media.alike} would, or as neighbouring frames of a clip "
            "do, and not as that many of their own: what they leave out, others may use."
        )
    if media.total >= LIKELY_MEDIA:
        return (
            f"More {of.unit} of this kind are expected to find {known.expected:,.0f} of them, {known.most:,.0f} at "
            "most (Chao's estimate, and a margin for rare codes)."
        )
    return "Tokens of one medium are alike, so few media leave out many codes that others use."
