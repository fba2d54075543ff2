"""Rules on dead codes: how many, and where they lie, which tells why they died."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import ALL_PLAIN, GITHUB, LI, VISUAL, Finding, percent
from explorer.analysis.codebook.rules_offset import in_doubt
from explorer.analysis.codes.duplicates import near_duplicates
from explorer.analysis.maps.clouds import away, evenly, heap, resolution
from explorer.analysis.maps.geometry import distance_to_nearest
from explorer.foundation.words import counted, is_are
from explorer.joints.measures.unused import LIKELY_MEDIA

LUCID = "lucidrains/vector-quantize-pytorch/issues"
DEAD_BAD, DEAD_WARN, DEAD_NOTE = 0.5, 0.1, 0.02  # share of K
NARROW = 0.1  # of the codes in use may still be found, where fewer tokens than codes were counted
SMALL = 0.25  # of the spread of the latents and of the codes in use: dead codes within it lie in one heap
POINT = 1e-6  # of the spread of the latents: a heap without extent, smaller than any start
SCALES = 4.0  # lengths within a heap (9th and 1st tenth): of a start they are alike, of decaying codes of all sizes
WITHIN_HEAP = 3.0  # extents of the heap that count as in it
MOST_WITHIN = 0.1  # codes in use there, by codes without a token
TOGETHER = 0.5  # share of dead codes that lie on another code
FAR, FAR_OF_CODES = 2.0, 0.5  # dead codes from the nearest latent: in distances of latents, and of codes in use
SHORT = 0.5  # of the length of codes in use: by the dot metric a shorter one is hardly chosen


def narrow(of: Evidence) -> Finding | None:
    """Few codes in use although fewer tokens than codes were counted: counting on finds nothing new."""
    known, usage = of.unused, of.usage
    if of.own_range or usage.tokens >= of.size or known.media.own < LIKELY_MEDIA or known.media.opens:
        return None
    if known.most > NARROW * usage.used or usage.used > DEAD_BAD * usage.tokens or known.lasting < DEAD_BAD * of.size:
        return None
    text = (
        f"{usage.tokens:,} tokens of {of.media_words} use {usage.used:,} of {of.size:,} codes{of.where}, and nearly "
        f"all of them in many {of.unit}: {known.most:,.0f} others at most are expected in more {of.unit} of this kind. "
        f"Perplexity {usage.perplexity:,.0f}: {usage.entropy_bits:.1f} of {math.log2(of.size):.1f} bits are used."
    )
    return Finding(
        "bad",
        f"Only {usage.used:,} of {of.size:,} codes are in use{of.where}",
        text,
        "likely",
        _advice(of, "bad"),
        "growth",
        f"Codebook collapse: {LI}, section 2.9; {VISUAL}, section 3.4.2",
        of.number,
        "Few codes in use",
    )


def dead(of: Evidence) -> Finding | None:
    """Codes that stay without a token."""
    known, usage = of.unused, of.usage
    if known.dead is None or known.dead < DEAD_NOTE * of.size:
        return None
    if of.own_range:
        return in_doubt(of)
    share = known.dead / of.size
    level = "bad" if share >= DEAD_BAD else "warning" if share >= DEAD_WARN else "note"
    counted = f" of {of.media_words}" if of.media_words else ""
    text = (
        f"{known.none:,} of {of.size:,} codes ({percent(known.none / of.size)}){of.where} have no token in "
        f"{usage.tokens:,} tokens{counted} ({of.share_each:,.0f} for each code). "
    )
    if known.most >= 0.5:
        text += (
            f"More {of.unit} of this kind are expected to find {known.expected:,.0f} of them, {known.most:,.0f} at "
            f"most (Chao's estimate over {of.unit}); the others stay without one{_margin(of)}. "
        )
    else:
        text += (
            f"Every code in use occurs in several {of.unit}, so more of this kind would find no other (Chao's "
            f"estimate), but for content that none of them shows{_margin(of)}. "
        )
    text += (
        f"Perplexity {usage.perplexity:,.0f} of at most {usage.ceiling:,}: {usage.entropy_bits:.1f} of "
        f"{math.log2(of.size):.1f} bits are used."
    )
    if of.parts:
        text += " Parts of one row may be of one medium, so others can still use what these do not."
    if of.plain:
        text += f" {ALL_PLAIN} {of.whole} of other kinds would tell."
    text += _in_training(of)
    if of.of_other_data:
        return _unlike_training(of, text)
    least = "" if known.dead == known.none else "At least "
    source = (
        f"Codebook collapse: {LI}, section 2.9; {VISUAL}, section 3.4.2; Chao 1987, https://doi.org/10.2307/2531532"
    )
    title = f"{least}{known.dead:,} of {of.size:,} codes {is_are(known.dead)} dead{of.where}"
    return Finding(level, title, text, known.sure, _advice(of, level), "heatmap", source, of.number, "Dead codes")


def _unlike_training(of: Evidence, text: str) -> Finding:
    """Codes without a token that training did use: these media lack them, and not the codebook."""
    known = of.unused
    return Finding(
        "note" if of.plain or known.dead < DEAD_WARN * of.size else "warning",
        f"{known.none:,} of {of.size:,} codes{of.where} have no token here, though most had in training",
        text,
        "likely",
        "Count media of the kind that it was trained on, and read them as in training (range, size, crop).",
        "heatmap",
        f"Codebook collapse: {LI}, section 2.9",
        of.number,
        "Codes that other data use",
    )


def _margin(of: Evidence) -> str:
    """Why the title names fewer codes than what is left."""
    return f", but for {of.unused.spared:,} set aside in case they are rarer still" if of.unused.spared > 0 else ""


def _in_training(of: Evidence) -> str:
    died = of.died_in_training
    if died is None:
        return ""
    said = f" By the counts kept in the checkpoint {died:,} of them were dead at the end of training already."
    return said + (" Most were in use then: these data may be of another kind." if of.of_other_data else "")


def _advice(of: Evidence, level: str) -> str:
    if level == "note":
        return "Few enough to live with; reseeding or an even-usage term would revive them."
    if of.codebook is not None and of.codebook.rule is not None:
        return "Fewer levels an axis (or bits), or a term that rewards even usage."
    return "Reseed dead codes while training, or make the codebook smaller."


def why_dead(of: Evidence) -> Finding | None:
    """Where the dead codes lie: in one heap, on other codes, far from all latents, or among them."""
    known = of.unused
    if known.dead is None:
        return heaped(of)
    if known.dead < DEAD_WARN * of.size or not of.learned or len(of.idle) < 2 or of.of_other_data:
        return None
    if of.book.metric == "dot":
        return _short(of)
    return _heap(of) or _copies(of) or _far(of) or _among(of)


def heaped(of: Evidence) -> Finding | None:
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
    title = f"{inside[0]:,} of {of.size:,} codes lie {where}, without a token{of.where}"
    text = f"{known.none:,} codes have none in {of.usage.tokens:,} tokens of {of.media_words}. {found.text}"
    return replace(found, title=title, text=text)


def _idle(of: Evidence) -> str:
    """The codes without a token, which are called dead only where each of them is: the counts of two findings agree."""
    code = counted(len(of.idle), "code")
    return code.replace("code", "dead code") if of.unused.dead == len(of.idle) else f"{code} without a token"


def _heap(of: Evidence) -> Finding | None:
    """All dead codes in one place: never moved from a small start, or drawn together by an average of nothing."""
    extent, middle = heap(of.idle)
    living = heap(of.living)[0] if len(of.living) > 1 else of.cloud.spread
    if extent > SMALL * min(of.cloud.spread, living):
        return None
    at_zero = float(np.linalg.norm(middle)) <= max(extent, SMALL * of.cloud.spread)
    place = "zero" if at_zero else "one point"
    within = f"within {extent:.3g} around {place}, {percent(extent / of.cloud.spread)} of"
    if extent <= POINT * of.cloud.spread:
        within = f"at {place}, to within a millionth of"
    text = (
        f"Half of the {_idle(of)} lie {within} the spread of the latents ({of.cloud.spread:.3g}); "
        f"half of the {counted(len(of.living), 'code')} in use reach farther than {living:.3g} from their middle. "
    )
    low, high = np.quantile(np.linalg.norm(of.idle - middle, axis=1), [0.1, 0.9])
    if extent <= POINT * of.cloud.spread or high > SCALES * low:
        return _run_together(of, text, extent <= POINT * of.cloud.spread)
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


def _run_together(of: Evidence, text: str, point: bool) -> Finding:
    return Finding(
        "warning",
        f"Dead codes have run together{of.where}",
        f"{text}Codes that nothing is assigned to shrink so under moving averages: no latent picks them any more.",
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


def _among(of: Evidence) -> Finding:
    near = away(of.idle, of.cloud)
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
