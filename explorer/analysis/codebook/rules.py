"""The rules of the diagnosis that look at the counts of one level: each gives one finding, or None.

Codes without a token are in `rules_unseen.py` and `rules_dead.py`; vectors and latents in `rules_geometry.py` and
`rules_fit.py`, the order of the media in `rules_order.py`, all levels of a residual quantizer together in
`rules_levels.py`, and what was tried beside counting in `rules_trial.py`.
"""

from __future__ import annotations

import numpy as np

from explorer.analysis.codebook.evidence import Evidence
from explorer.analysis.codebook.findings import GITHUB, JIA, LI, VISUAL, Finding, percent
from explorer.analysis.codes.bits import axis_usage, bit_usage
from explorer.foundation.words import verb

GIANT_BAD, GIANT_WARN, GIANT_FAIR = 0.5, 0.2, 20  # share of all tokens in one code, and in fair shares
GIANT_OF_TWO = 0.95  # where there are two codes: below it the other one says something
STANDS_OUT = 4.0  # times the second: by Zipf with the power 1.5 the first code has 2.8 times as many
MUCH = 10.0  # variances above this are not written out
ALIKE = 0.1  # of the variance of all latents: tokens of one code that differ by less are alike, such as a background
REST_EVEN, REST_USED = 0.2, 0.8  # of the other codes: perplexity and usage, from which on a codebook is not collapsed
UNEVEN = 0.1  # perplexity as a share of the codes in use
STEP, LEFT_OVER, COUNTED = 10.0, 0.1, 100  # fall of the sorted counts at one place; tokens after it; count before it
STUCK = 0.05  # a bit that is 1 in fewer tokens, or 0, is nearly constant
TIED = 0.9  # correlation from which two bits say the same
ONE_VALUE = 0.9  # share of tokens at one value of an axis
ENDS = 0.9  # share of tokens at the two ends of an axis of four values or more


def single(of: Evidence) -> Finding | None:
    """A codebook of one code, which all tokens have."""
    if of.size > 1:
        return None
    text = f"All {of.usage.tokens:,} tokens{of.where} are the same code, so they hold 0 bits: nothing is chosen."
    advice = "Take a codebook of two codes or more."
    return Finding("warning", f"Only one code{of.where}", text, "certain", advice, "facts", JIA, of.number, "One code")


def giant(of: Evidence) -> Finding | None:
    """One code that takes a large part of all tokens."""
    usage = of.usage
    code = int(usage.counts.argmax())
    share = usage.counts[code] / usage.tokens
    fair = share * of.size
    if (
        of.size < 2
        or share < (GIANT_OF_TWO if of.size == 2 else GIANT_WARN)
        or (share < GIANT_BAD and fair < GIANT_FAIR)
    ):
        return None
    second = int(np.partition(usage.counts, -2)[-2])
    if share < GIANT_BAD and usage.counts[code] < STANDS_OUT * second:
        return None
    only = usage.used == 1
    title = f"Every token is code {code}" if only else f"Code {code} takes {percent(share)} of all tokens"
    text = (
        f"{usage.counts[code]:,} of {usage.tokens:,} tokens{of.where}, {fair:,.0f} times a fair share N/K. "
        f"Codes that share the rest: {usage.used - 1:,}; perplexity {usage.perplexity:,.1f} of {usage.ceiling:,}. "
    )
    level, why = _judged(of, code, share)
    advice = "Look at its page: if its exemplars are all blank, it is the data. " + (
        "Otherwise a term that rewards even usage spreads the latents."
        if of.by_rule
        else "Otherwise start the codes on latents (k-means), reseed, or split popular codes."
    )
    if of.one_axis:
        advice = "Nothing, where tokens are merged or entropy coded; a coarser step makes even more of them."
    source = f"Winner takes all: {VISUAL}, section 3.4.2; {GITHUB}LatentActionPretraining/LAPA/issues/17"
    return Finding(
        level,
        f"{title}{of.where}",
        (text + why).strip(),
        "certain",
        advice,
        "code",
        source,
        of.number,
        "One code takes most",
    )


def _judged(of: Evidence, code: int, share: float) -> tuple[str, str]:
    """(level, why) of a code with that share of the tokens: the data, such as a background, or the codebook."""
    if of.one_axis and of.codebook.rule.axis_values[0][code] == 0:
        return "note", (
            "It is the value 0 of a single axis: most of what was rounded is small, as coefficients of a transform "
            "are. Entropy coding or merges make such tokens cheap."
        )
    alarm = "bad" if share >= GIANT_BAD and not of.plain else "warning"
    if of.learned and of.level.error is not None and of.finite[code] and of.book.metric != "dot":
        within = float(of.level.error[code]) / max(of.cloud.spread**2, 1e-300)
        if of.usage.used > 1 and within <= ALIKE:
            return "note", (
                f"Its latents are alike: they vary by {percent(within)} of what all do, as those of a blank background."
            )
        if of.plain or of.alike:  # of what hardly varies a share says nothing
            why = of.plain_words if of.plain else ""
            return ("note" if of.first_look or of.of_other_data else alarm), why
        much = f"by {within:.0%}" if within <= MUCH else f"more than {MUCH:.0f} times"
        broad = f"Its latents are not alike: they vary about it {much} of what all do."
        return ("note" if of.first_look and of.usage.used > 1 else alarm), broad
    if of.first_look:
        return "note", "A single medium can be blank for the most part."
    others = np.delete(of.usage.counts, code)
    others = others[others > 0] / max(1, others.sum())
    perplexity = float(np.exp(-(others * np.log(others)).sum())) if len(others) else 0.0
    if len(others) >= REST_USED * (of.size - 1) and perplexity >= REST_EVEN * (of.size - 1):
        return "note", "The others are well used, as beside a blank background: nothing else speaks of a collapse."
    return alarm, ""


def uneven(of: Evidence) -> Finding | None:
    """Codes in use, but very unequally, though no single one stands out: natural unless the counts fall off a cliff."""
    usage = of.usage
    even = usage.perplexity / usage.used
    if usage.used < 8 or even >= UNEVEN or giant(of) is not None:
        return None
    ordered = np.sort(usage.counts)[::-1]
    few = int(np.searchsorted(np.cumsum(ordered), 0.5 * usage.tokens) + 1)
    text = (
        f"{few:,} of {usage.used:,} codes in use{of.where} {verb(few, 'hold')} half of {usage.tokens:,} tokens; "
        f"perplexity {usage.perplexity:,.0f} is {percent(even)} of the codes in use (100%: all alike). "
        f"Gini {usage.gini:.2f}. "
    )
    advice = "A term that rewards even usage (entropy, KL to uniform)"
    advice += "." if of.by_rule else ", or reseeding by splitting popular codes."
    source = f"Skewed usage: {GITHUB}Biohub/esm/issues/85; {VISUAL}, section 6.1"
    cliff = _cliff(ordered)
    if cliff and not of.first_look and not _alike(of, cliff):
        most = "most used code" if cliff == 1 else f"{cliff:,} most used codes"
        text += f"The counts fall from {ordered[cliff - 1]:,} to {ordered[cliff]:,} after the {most}."
        title = f"{cliff:,} of {of.size:,} codes {verb(cliff, 'take')} nearly all tokens{of.where}"
        return Finding("warning", title, text, "certain", advice, "heatmap", source, of.number, "Few codes take most")
    text += "Natural data are often so: counts fall off as those of words do (Zipf), or much is one background."
    title = f"Usage is very uneven{of.where}"
    return Finding("note", title, text, "certain", advice, "heatmap", source, of.number, "Usage is very uneven")


def _alike(of: Evidence, most: int) -> bool:
    """Whether the latents of each of the `most` used codes are alike, as those of a background: then it is the data."""
    if not of.learned or of.level.error is None or of.book.metric == "dot":
        return False
    codes = np.argsort(-of.usage.counts, kind="stable")[:most]
    counts, error = of.usage.counts[codes], np.nan_to_num(of.level.error[codes], nan=np.inf)
    return bool((error * counts).sum() <= ALIKE * of.cloud.spread**2 * counts.sum())


def _cliff(ordered: np.ndarray) -> int:
    """After how many of the descending counts they fall by STEP at once, with hardly a token left; 0 if nowhere."""
    used = ordered[ordered > 0].astype(np.float64)
    rest = 1 - np.cumsum(used)[:-1] / used.sum()
    falls = (used[:-1] >= STEP * used[1:]) & (used[:-1] >= COUNTED) & (rest <= LEFT_OVER)
    return int(np.argmax(falls) + 1) if falls.any() else 0


def bits(of: Evidence) -> Finding | None:
    """Bits of a sign code that are nearly constant, or that follow each other."""
    if of.codebook is None or of.codebook.rule is None or set(of.codebook.rule.levels) != {2}:
        return None
    known = bit_usage(of.codebook.rule, of.level.counts)
    stuck = np.flatnonzero(np.minimum(known.ones, 1 - known.ones) < STUCK)
    tied = np.argwhere(np.triu(np.abs(np.nan_to_num(known.correlation)), 1) >= TIED)
    if not len(stuck) and not len(tied):
        return None
    parts = [f"bit {b + 1} is 1 in {known.ones[b]:.1%}" for b in stuck[:4]]
    parts += [f"bits {a + 1} and {b + 1} correlate by {known.correlation[a, b]:.2f}" for a, b in tied[:4]]
    lost = len(known.ones) - of.usage.entropy_bits
    text = (
        f"Of {len(known.ones)} bits{of.where}: {'; '.join(parts)} of {known.tokens:,} tokens. Together {lost:.1f} of "
        f"{len(known.ones)} bits carry nothing."
    )
    source = (
        f"Entropy terms and their weights: {GITHUB}lucidrains/vector-quantize-pytorch/issues/154; {LI}, section 2.6"
    )
    advice = "A larger weight on the entropy of the mean (diversity), or fewer bits."
    title = f"Bits without use{of.where}"
    level = "note" if of.first_look or of.plain else "warning"
    return Finding(level, title, text, "certain", advice, "map", source, of.number, "Bits without use")


def axes(of: Evidence) -> Finding | None:
    """Axes of a lattice (FSQ) that hardly leave one value, or their two ends."""
    rule = None if of.codebook is None else of.codebook.rule
    if rule is None or max(rule.levels) == 2 or len(rule.levels) == 1:
        return None
    shares = axis_usage(rule, of.level.counts)
    stuck = [(axis, share) for axis, share in enumerate(shares) if len(share) > 1 and share.max() >= ONE_VALUE]
    ends = [(axis, share) for axis, share in enumerate(shares) if len(share) > 3 and share[[0, -1]].sum() >= ENDS]
    ends = [one for one in ends if one[0] not in {axis for axis, _ in stuck}]
    if not stuck and not ends:
        return None
    parts = [f"axis {axis + 1} has value {share.argmax()} in {percent(share.max())} of tokens" for axis, share in stuck]
    parts += [f"axis {axis + 1} lies at its two ends in {percent(share[[0, -1]].sum())}" for axis, share in ends]
    source = f"FSQ: {LI}, section 2.5, and https://arxiv.org/abs/2309.15505"
    advice = "Give that axis fewer levels, or check the scale of the latents before the bound."
    return Finding(
        "note" if of.first_look or of.plain else "warning",
        f"Axes of the lattice without use{of.where}",
        f"{'; '.join(parts)}.".capitalize(),
        "certain",
        advice,
        "map",
        source,
        of.number,
        "Axes without use",
    )
