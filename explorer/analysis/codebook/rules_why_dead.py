"""Rules on where dead codes lie, which tells why they died: in one heap, on other codes, far from all latents, or among
them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import GITHUB, VISUAL, Finding, percent
from explorer.analysis.codebook.rules_dead import DEAD_WARN
from explorer.analysis.codes.duplicates import near_duplicates
from explorer.analysis.maps.clouds import away, evenly, heap, resolution
from explorer.analysis.maps.geometry import distance_to_nearest
from explorer.foundation.words import count_of, plural, verb

LUCID = "lucidrains/vector-quantize-pytorch/issues"
SMALL = 0.25  # of the spread of the latents and of the codes in use: dead codes within it lie in one heap
POINT = 1e-6  # of the spread of the latents: a heap without extent, smaller than any start
SCALES = 4.0  # lengths within a heap (9th and 1st tenth): of a start they are alike, of decaying codes of all sizes
WITHIN_HEAP = 3.0  # extents of the heap that count as in it
MOST_WITHIN = 0.1  # codes in use there, by codes without a token
TOGETHER = 0.5  # share of dead codes that lie on another code
FAR, FAR_OF_CODES = 2.0, 0.5  # dead codes from the nearest latent: in distances of latents, and of codes in use
SHORT = 0.5  # of the length of codes in use: by the dot metric a shorter one is hardly chosen


def why_dead(of: Evidence) -> Finding | None:
    """Where the dead codes lie: in one heap, on other codes, far from all latents, or among them."""
    known = of.unused
    if known.dead is None:
        return one_heap(of)
    if known.dead < DEAD_WARN * of.size or not of.learned or len(of.idle) < 2 or of.of_other_data:
        return None
    if of.book.metric == "dot":
        return _short(of)
    return _heap(of) or _copies(of) or _far(of) or _among(of)


def one_heap(of: Evidence) -> Finding | None:
    """Codes without a token that lie in one heap: dead by their place, though too little was counted to tell."""
    known = of.unused
    few = known.dead is not None or known.none < DEAD_WARN * of.size
    if few or not of.learned or len(of.idle) < 2 or of.book.metric == "dot":
        return None
    extent, middle = heap(of.idle)
    inside = [
        int((np.linalg.norm(rows - middle, axis=1) <= WITHIN_HEAP * extent).sum()) for rows in (of.idle, of.living)
    ]
    point = extent <= POINT * of.cloud.spread
    if not point and (of.first_look or inside[1] > MOST_WITHIN * inside[0]):
        return None
    found = _heap(of)
    if found is None:
        return None
    where = "at one point" if point else "in one small heap"
    title = f"{inside[0]:,} of {of.size:,} codes {verb(inside[0], 'lie')} {where}, without a token{of.where}"
    none = f"{count_of(known.none, 'code')} {plural(known.none, 'has', 'have')} none"
    text = f"{none} in {of.usage.tokens:,} tokens of {of.media_words}. {found.text}"
    return replace(found, title=title, text=text)


def _idle(of: Evidence) -> str:
    """The codes without a token, which are called dead only where each of them is: the counts of two findings agree."""
    code = count_of(len(of.idle), "code")
    return code.replace("code", "dead code") if of.unused.dead == len(of.idle) else f"{code} without a token"


def _heap(of: Evidence) -> Finding | None:
    """All dead codes in one place: never moved from a small start, or drawn together by an average of nothing."""
    extent, middle = heap(of.idle)
    living = heap(of.living)[0] if len(of.living) > 1 else of.cloud.spread
    if extent > SMALL * min(of.cloud.spread, living):
        return None
    point, off = extent <= POINT * of.cloud.spread, float(np.linalg.norm(middle))
    place = "zero" if off <= max(extent, POINT * of.cloud.spread) else "one point"
    within = f"within {extent:.3g} around {place}, {percent(extent / of.cloud.spread)} of"
    if point:
        within = f"at {place}, to within a millionth of"
    text = (
        f"Half of the {_idle(of)} lie {within} the spread of the latents ({of.cloud.spread:.3g}); "
        f"half of the {count_of(len(of.living), 'code')} in use reach farther than {living:.3g} from their middle. "
    )
    low, high = np.quantile(np.linalg.norm(of.idle - middle, axis=1), [0.1, 0.9])
    if point and place != "zero":
        return _one_vector(of, text)
    if point or high > SCALES * low:
        return _run_together(of, text, point)
    text += (
        "A codebook that starts much smaller than the latents looks so: the few codes at its rim won everything "
        "and moved out, and without expiry no other ever moves."
    )
    source = f"Initialization and its failure: {VISUAL}, section 5; uniform start in a small ball: {GITHUB}{LUCID}/19; "
    source += f"without expiry 40 to 90% dead: {GITHUB}{LUCID}/205"
    return Finding(
        "warning",
        f"Dead codes are still in the small ball where they started{of.where}",
        text,
        "likely",
        "Start the codes on latents (k-means on the first batch: kmeans_init) and replace unused ones "
        "(threshold_ema_dead_code of 1 or more).",
        "geometry",
        source,
        of.number,
        "Dead codes in one heap",
    )


def _one_vector(of: Evidence, text: str) -> Finding:
    """Codes that are equal, away from zero: no average ends there."""
    return Finding(
        "warning",
        f"Dead codes are one and the same vector{of.where}",
        f"{text}Of equal codes only the first is ever chosen. A constant start looks so, and so do rows that fill up.",
        "certain",
        "Start the codes on different latents (k-means on the first batch), or leave out rows that fill up.",
        "geometry",
        f"Initialization and its failure: {VISUAL}, section 5",
        of.number,
        "Dead codes in one heap",
    )


def _run_together(of: Evidence, text: str, point: bool) -> Finding:
    zeros = " So are rows that fill up a table and were never trained." if point else ""
    return Finding(
        "warning",
        f"Dead codes {'lie at zero' if point else 'have run together'}{of.where}",
        f"{text}Codes that nothing is assigned to shrink so under moving averages.{zeros}",
        "certain" if point else "likely",
        "Reseed them on latents, with fresh statistics: an EMA keeps pulling a code that nothing is assigned to.",
        "geometry",
        f"Unused codes decay to 0: {GITHUB}zalandoresearch/pytorch-vq-vae/issues/10; EMA overwrites reseeded codes: "
        f"{GITHUB}facebookresearch/encodec/issues/61",
        of.number,
        "Dead codes in one heap",
    )


def _copies(of: Evidence) -> Finding | None:
    """Dead codes that lie on another code: the first of them takes every token."""
    if of.states.threshold is None:
        return None
    idle, threshold = evenly(of.idle), of.states.threshold
    on_living = float((distance_to_nearest(idle, of.living) <= threshold).mean()) if len(of.living) else 0.0
    on_idle = float(near_duplicates(idle, threshold).near.mean())
    if max(on_living, on_idle) < TOGETHER:
        return None
    whom, share = ("a code in use", on_living) if on_living >= on_idle else ("another dead one", on_idle)
    return Finding(
        "warning",
        f"Dead codes lie on other codes{of.where}",
        f"{percent(share)} of {_idle(of)} lie within {threshold:.3g} of {whom}: of codes in one place "
        "the nearest by a hair takes every token.",
        "certain",
        "Reseed on latents; if codes are split or copied, add noise there; if they start in a narrow ball, start them "
        "on latents. Or let codes repel each other.",
        "geometry",
        f"Does forced usage mean duplicates: {GITHUB}Neur-IO/OptVQ/issues/9; repulsion: {VISUAL}, section 6.3.2",
        of.number,
        "Dead codes that lie on others",
    )


def _far(of: Evidence) -> Finding | None:
    """Dead codes out of reach of all latents."""
    far = away(of.idle, of.cloud)
    near = away(of.living, of.cloud) if len(of.living) else 1.0
    if far < FAR * max(1.0, near) or far * of.cloud.apart < FAR_OF_CODES * resolution(of.living):
        return None
    return Finding(
        "warning",
        f"Dead codes lie where no latent comes{of.where}",
        f"Half of the {_idle(of)} are {far * of.cloud.apart:.3g} or more away from the nearest of "
        f"{len(of.cloud.points):,} sampled latents; half of those have another latent within {of.cloud.apart:.3g}, and "
        f"half of the codes in use have one within {near * of.cloud.apart:.3g}. They are out of "
        "reach: a start of the wrong scale or place, or latents that moved away.",
        "likely",
        "Start the codes on latents (k-means on the first batches), normalise the latents, or reseed on latents.",
        "geometry",
        f"Initialization and its failure: {VISUAL}, section 5; uniform after k-means, collapsed at step 2: "
        f"{GITHUB}lucidrains/vector-quantize-pytorch/issues/66",
        of.number,
        "Dead codes out of reach",
    )


def _among(of: Evidence) -> Finding | None:
    near = away(of.idle, of.cloud)
    if of.plain or of.cloud.apart <= POINT * of.cloud.spread:
        return None  # latents that are copies of a few: beside them no distance says anything
    return Finding(
        "note",
        f"Dead codes lie among the latents{of.where}",
        f"Half of the {_idle(of)} are within {near * of.cloud.apart:.3g} of a sampled latent, and "
        "half of "
        f"the latents within {of.cloud.apart:.3g} of another one: they lost to codes nearby rather than being out of "
        "reach, or these data are of another kind than those of training.",
        "possible",
        "Reseed earlier, with a threshold well under N/K tokens a batch, or use an update that moves all codes.",
        "map",
        f"Rich get richer: {VISUAL}, section 3.4.2; thresholds against N/K: {GITHUB}jishengpeng/WavTokenizer/issues/82",
        of.number,
        "Dead codes among the latents",
    )


def _short(of: Evidence) -> Finding | None:
    """By the dot metric long codes win."""
    idle, living = (float(np.median(np.linalg.norm(rows, axis=1))) for rows in (of.idle, of.living))
    if idle > SHORT * living:
        return None
    return Finding(
        "warning",
        f"Dead codes are shorter than those in use{of.where}",
        f"Half of the {_idle(of)} are no longer than {idle:.3g}, half of those in use are "
        f"{living:.3g} or longer. The dot metric prefers long codes, whatever their direction.",
        "likely",
        "Normalise the codes (cosine metric), or hold their lengths by a penalty.",
        "geometry",
        f"Cosine against Euclidean codes: https://arxiv.org/abs/2110.04627; norms: {VISUAL}, sections 5 and 6.3.1",
        of.number,
        "Dead codes that are short",
    )
