"""Rules on whether codes and latents are what they should be: finite numbers, and tokens that belong to them."""

from __future__ import annotations

import numpy as np

from explorer.analysis.codebook.evidence import MOST, Evidence
from explorer.analysis.codebook.findings import CODES_NAN, GITHUB, GO_BACK, LATENTS_NAN, VISUAL, Finding, percent
from explorer.analysis.codes.belonging import ELSEWHERE, RANKS, WITHIN
from explorer.analysis.codes.causes import Cause
from explorer.foundation.words import count_of, is_are, plural
from explorer.joints.table_faults import DIVERGES, bad_codes_title, bad_latents_title

EXPLAINED, NEAREST = 0.95, 0.9  # share of latents that a cause explains; below the second something is wrong
MANY_BAD = 0.01  # of the tokens: with more of them NaN the counts say nothing of the codebook
A_PART = 0.02  # of the tokens have a code in another place: no small fault
FEW = 0.02  # of the sampled latents without the nearest code: fewer are no matter
LITTLE = 0.2  # explained: so many may be by chance, of few codes
SOME = 0.5  # explained: of the rest it is said that they are a part
THEIRS = 0.8  # of what is not explained belongs to the codes that are named
SOME_MISFIT = "Tokens that do not have the nearest code"  # a kind
SECOND = "A beam search over levels or sampling chooses so."
SOURCE_NAN = f"A loss that becomes NaN leaves one code with every token: {GITHUB}v-iashin/SpecVQGAN/issues/20"
SOURCE_FIT = f"Cosine against Euclidean codes: https://arxiv.org/abs/2110.04627; norms: {VISUAL}, sections 5 and 6.3.1"


def bad_codes(of: Evidence) -> Finding | None:
    """Codes that hold NaN or infinity."""
    if of.codebook is None or not (title := bad_codes_title(of.codebook, of.where)):
        return None
    text = (
        f"They have no distance to anything, so that some programs give them every token and others none; here "
        f"{taken_by_bad(of):,} of {of.usage.tokens:,} tokens have one. What is said of vectors is of the others, "
        f"{int(of.finite.sum()):,} in number."
    )
    return Finding("bad", title, text, "certain", GO_BACK, "heatmap", SOURCE_NAN, of.number, CODES_NAN)


def bad_latents(of: Evidence) -> Finding | None:
    """Latents that hold NaN or infinity."""
    title = bad_latents_title(of.level.not_finite, of.usage.tokens, of.where)
    if title is None:
        return None
    text = (
        "Their codes mean nothing: the nearest code to NaN is whichever the program happens to name, often number 0, "
        "which looks like a collapse. They are in the counts, and in nothing that is said of latents."
    )
    if of.level.not_finite < DIVERGES * of.usage.tokens:
        text += " Where they are few, damaged media or an overflow (half precision) do this too."
    return Finding("bad", title, text, "certain", GO_BACK, "heatmap", SOURCE_NAN, of.number, LATENTS_NAN)


def taken_by_bad(of: Evidence) -> int:
    """Tokens whose code is not finite."""
    return int(of.level.counts[~of.finite].sum()) if len(of.finite) else 0


def counts_mean_nothing(of: Evidence) -> bool:
    """Whether so many tokens come from NaN that counts would accuse the codebook of it."""
    return max(of.level.not_finite, taken_by_bad(of)) > MANY_BAD * of.usage.tokens


def belonging(of: Evidence) -> Finding | None:
    """Tokens whose code is not the nearest one by the codebook's metric."""
    if of.latents is None or of.explained >= NEAREST:
        return None
    metric, cause = of.book.metric, of.cause(EXPLAINED)
    title, text, advice = _words(cause, metric) if cause is not None else _unexplained(of)
    found = (
        f"{percent(of.explained).capitalize()} of {len(of.compared):,} sampled latents have the code that is nearest "
        f"by the {metric} metric, or one that is nearly as near (to {WITHIN:.0%}){of.where}, and no more. {text}"
    )
    level = "warning" if chosen_by_search(of) or (cause is not None and cause.kind == "bfloat16") else "bad"
    kind, sure = "Codes and tokens that do not belong together", "likely" if chosen_by_search(of) else "certain"
    return Finding(level, f"{title}{of.where}", found, sure, advice, "geometry", SOURCE_FIT, of.number, kind)


def chosen_by_search(of: Evidence) -> bool:
    """Whether tokens without the nearest code are explained by a search alone: they have one of the nearest few."""
    return SOME <= of.explained < 1 and not of.alike and of.cause(EXPLAINED) is None and of.second_choice


def astray(of: Evidence) -> Finding | None:
    """Single codes in another place than their tokens, beside others that are where they should be."""
    if of.latents is None or of.explained < NEAREST or not len(of.astray):
        return None
    lost = len(of.astray)
    tokens = int(of.level.counts[of.finite][of.astray].sum())
    others = ~np.isin(of.latent_codes[of.compared], of.astray)
    fit = float(of.fits[others].mean()) if others.any() else 1.0
    rest = "" if fit >= 1 - FEW else f"{percent(fit)} of "
    text = f"{_place(of)} {f'{rest}the other tokens'.capitalize()} do have the nearest code."
    return Finding(
        "bad" if tokens >= A_PART * of.usage.tokens else "warning",
        f"{lost:,} of {of.size:,} codes {is_are(lost)} not where {plural(lost, 'its', 'their')} latents are{of.where}",
        text,
        "certain",
        "Compare the codebook with that of the checkpoint that made the tokens: rows exchanged, or written over since.",
        "geometry",
        SOURCE_FIT,
        of.number,
        "Codes in another place than their tokens",
    )


def some(of: Evidence) -> Finding | None:
    """Tokens, few beside all but too many for rounding, whose code is not the nearest one."""
    if of.latents is None or of.alike or not NEAREST <= of.explained < 1 - FEW or len(of.astray):
        return None
    missed = int((~of.fits).sum())
    share, cause = percent(missed / len(of.compared)), of.cause(1 - FEW)
    text = (
        f"{missed:,} of {len(of.compared):,} sampled latents{of.where} have a code that is farther than the nearest "
        f"one by more than {WITHIN:.0%}, by the {of.book.metric} metric. "
    )
    if cause is None or cause.kind == "renumbered":  # of codes that have most of their latents no order is another
        text += (
            f"Of these latents {MOST:.0%} or more have code {of.filled}: a number that fills in, or damaged files."
            if of.filled is not None
            else f"{SECOND} So do codes that moved since the tokens were made."
            if of.second_choice
            else "Tokens of another checkpoint in some of the files do this, tokens that were sampled or changed, and "
            "codes that moved since."
        )
        advice = "If the tokens were to be the nearest codes, check that the codebook is the one that made them."
        level, title = "note", f"{share.capitalize()} of the tokens do not have the nearest code"
    else:
        title, why, advice = _words(cause, of.book.metric)
        text, level = text + why, "warning"
    return Finding(level, f"{title}{of.where}", text, "likely", advice, "geometry", SOURCE_FIT, of.number, SOME_MISFIT)


def _place(of: Evidence) -> str:
    lost, tokens = len(of.astray), int(of.level.counts[of.finite][of.astray].sum())
    return (
        f"Latents of {count_of(lost, 'code')}, with {tokens:,} of {of.usage.tokens:,} tokens, lie at other codes: half "
        f"of those of each are {ELSEWHERE:g} times as far from it as from the nearest one, or farther."
    )


def _unexplained(of: Evidence) -> tuple[str, str, str]:
    """(title, text, advice) where nothing tried explains the choice."""
    together = "Codes and tokens do not belong together"
    if of.alike:
        return (
            together,
            "As all latents are one, what else would explain their tokens cannot be told.",
            "Check that the codebook is the one that made these tokens.",
        )
    if chosen_by_search(of):
        few = f"one of the {RANKS} nearest codes" if of.size >= RANKS * RANKS else "one of the nearest codes"
        return (
            "Tokens are among the nearest codes, but not the nearest",
            f"Nearly all of the others have {few}. {SECOND} So do codes that moved a little since.",
            "Nothing, if the tokens were searched or sampled; else check that the codebook is the one that made them.",
        )
    before = " here or on a level before it" if of.number and of.name.startswith("level") else ""
    nothing = "No metric, scale, shift or order of the codes explains"
    if of.explained < LITTLE or (of.explained < SOME and of.astray_share < THEIRS):
        return (
            together,
            f"{nothing} the choice: another checkpoint's codebook{before}, or tokens that were sampled rather than "
            "chosen.",
            "Check that the codebook is the one that made these tokens; sampling or a beam search also do this.",
        )
    if of.astray_share >= THEIRS:
        return (
            f"{together}: {count_of(len(of.astray), 'code')} of {of.size:,} {is_are(len(of.astray))} in another place",
            _place(of),
            "Compare the codebook with that of the checkpoint that made the tokens: rows exchanged, or written over.",
        )
    return (
        f"{together} in part",
        f"{nothing} the rest of the tokens, which are spread over the codes: tokens that were sampled rather than "
        f"chosen or changed since, or a codebook that has moved{before}.",
        "Check that the codebook is the one that made these tokens; sampling or a beam search also do this.",
    )


def _words(cause: Cause, metric: str) -> tuple[str, str, str]:
    """(title, text, advice)."""
    share = percent(cause.share)
    makers = {
        "metric": _metric,
        "scaled": _scaled,
        "shifted": _shifted,
        "scaled and shifted": _scaled,
        "transposed": _transposed,
        "renumbered": _renumbered,
        "bfloat16": _rounded,
        "borders": _before_the_lattice,
    }
    return makers[cause.kind](cause, share, metric)


def _metric(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    return (
        f"Tokens follow the {cause.other} metric, not the {metric} one",
        f"By the {cause.other} metric it is {share}: the codes were chosen by that one.",
        f"Declare the metric as {cause.other}, or normalise latents and codes alike before comparing them.",
    )


def _scaled(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    also = " and shifted" if cause.shift else ""
    by = f", moved by {cause.shift:.3g}," if cause.shift else ""
    return (
        f"The codebook is scaled{also}",
        f"Multiplied by {cause.factor:.3g}{by} its codes would be nearest for {share}.",
        "Look for a normalisation of latents or codes that is done on one side only.",
    )


def _shifted(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    return (
        "The codebook is shifted",
        f"Moved by a vector of length {cause.shift:.3g}, the same for all, its codes would be nearest for {share}.",
        "Look for a mean that is subtracted, or a bias that is added, on one side only.",
    )


def _transposed(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    return (
        "The codebook is transposed",
        f"Read as (dimensions, codes) instead of (codes, dimensions), its codes would be nearest for {share}.",
        "Transpose the table when it is loaded (.T), rather than reshaping it.",
    )


def _renumbered(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    if cause.factor:
        step = abs(int(cause.factor))
        return (
            "Codes and tokens do not belong together: the numbers are moved",
            f"Tokens are {step:,} too {'high' if cause.factor > 0 else 'low'}: {share} of the latents of a code lie "
            f"nearest to the one {step:,} {'below' if cause.factor > 0 else 'above'} it (counted around).",
            f"{'Subtract' if cause.factor > 0 else 'Add'} {step:,} {'from' if cause.factor > 0 else 'to'} the indices, "
            "or use the order in which the codes were when the tokens were made.",
        )
    return (
        "Codes and tokens do not belong together: the rows are in another order",
        f"{share} of the latents of a code lie nearest to one and the same other code: the numbers of the codes were "
        "changed, each to one other.",
        "Use the order in which the codes were when the tokens were made.",
    )


def _before_the_lattice(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    return (
        "Latents are not those that were rounded",
        f"{share.capitalize()} of the tokens follow from the latents axis by axis, but at other borders than half way "
        "between the values of the rule.",
        "Give the latents that enter the rounding: after bounding (tanh), scaling, shift or normalisation.",
    )


def _rounded(cause: Cause, share: str, metric: str) -> tuple[str, str, str]:
    if cause.other:
        return (
            "Codes are rounded to bfloat16",
            "All their numbers are such of 8 significant bits, and so far from zero that this rounding is as large as "
            "what keeps the codes apart: whether the tokens belong to them cannot be told.",
            "Keep the codebook in float32.",
        )
    return (
        "Codes are rounded to bfloat16",
        f"All their numbers are such of 8 significant bits; within that rounding it is {share}: finer "
        "codes can have chosen them, or distances that were computed as coarsely.",
        "Keep the codebook and the search for the nearest code in float32.",
    )
