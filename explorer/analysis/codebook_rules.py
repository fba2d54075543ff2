"""The rules of the diagnosis: each looks at the evidence of one level and gives one finding, or None.

Rules on counts are here, those on vectors and latents in `codebook_rules_geometry.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from explorer.analysis import codebook_rules_geometry as of_vectors
from explorer.analysis.bits import axis_usage, bit_usage
from explorer.analysis.codebook_evidence import Evidence
from explorer.analysis.codebook_findings import GITHUB, LI, VISUAL, Finding, percent
from explorer.analysis.growth import carry_on

DEAD_BAD, DEAD_WARN, DEAD_NOTE = 0.5, 0.1, 0.02  # share of K
ENOUGH, SOME = 10, 3  # tokens for each code: with 10, one code of K used alike is missed once in 22,000
PLENTY = 50  # tokens for each code from which a code without any is dead, however unequal the others are
GIANT_BAD, GIANT_WARN, GIANT_FAIR = 0.5, 0.2, 20  # share of all tokens in one code, and in fair shares
OTHER_DATA = 0.5  # of the dead codes that were dead in training too: below it the data may differ
UNEVEN = 0.1  # perplexity as a share of the codes in use; over a few photographs 0.19 is still usual
GROWING = 0.02  # of K: codes that the next N tokens are expected to find
ILLUSION = 0.5  # perplexity of one medium alone as a share of that of all
STUCK = 0.05  # a bit that is 1 in fewer tokens, or 0, is nearly constant
TIED = 0.9  # correlation from which two bits say the same
ONE_VALUE = 0.9  # share of tokens at one value of an axis


def few_tokens(of: Evidence) -> Finding | None:
    """Too few tokens to call anything dead."""
    usage = of.usage
    if usage.tokens < of.size:
        text = (
            f"{usage.tokens:,} tokens were counted for {of.size:,} codes{of.where}, so at most {usage.ceiling:,} could "
            f"be used; {usage.used:,} were. The other {of.size - usage.used:,} are not yet seen, which is not dead."
        )
        level = "warning"
    elif of.share_each < ENOUGH and usage.used < of.size:
        chance = of.size * math.exp(-of.share_each)
        text = (
            f"{of.share_each:.1f} tokens for each code{of.where}: even codes used all alike would leave about "
            f"{chance:,.0f} of {of.size:,} without a token. {of.size - usage.used:,} have none."
        )
        level = "note"
    else:
        return None
    return Finding(
        level,
        f"Too few tokens to judge{of.where}",
        text,
        "certain",
        f"Count at least {ENOUGH} tokens for each code: {ENOUGH * of.size:,}.",
        "growth",
        f"Figures depend on the tokens counted: {GITHUB}bshall/VectorQuantizedVAE/issues/3 and "
        f"{GITHUB}yfChang-cv/FVQ/issues/2",
        of.number,
    )


def dead_share(of: Evidence) -> float:
    """Codes without a token as a share of K; with few tokens only those that more data is not expected to find."""
    if of.usage.tokens < of.size:
        return 0.0
    return (of.size - of.usage.used if of.share_each >= PLENTY else of.lasting) / of.size


def dead(of: Evidence) -> Finding | None:
    """Codes without any token."""
    share = dead_share(of)
    if share < DEAD_NOTE:
        return None
    level = "bad" if share >= DEAD_BAD else "warning" if share >= DEAD_WARN else "note"
    if level == "bad" and of.share_each < ENOUGH:
        level = "warning"
    usage, none = of.usage, of.size - of.usage.used
    bits, full = usage.entropy_bits, math.log2(of.size)
    text = (
        f"{none:,} of {of.size:,} codes ({percent(none / of.size)}){of.where} have no token in {usage.tokens:,} "
        f"({of.share_each:,.0f} for each code); counting on would find about {max(0.0, none - of.lasting):,.0f} more. "
        f"Perplexity {usage.perplexity:,.0f} of at most {usage.ceiling:,}: {bits:.1f} of {full:.1f} bits are used."
    )
    died = of.died_in_training
    if died is not None:
        text += f" By the counts kept in the checkpoint {died:,} of them were dead at the end of training already."
        if died < OTHER_DATA * none:
            text += " Most were in use then: these data may be of another kind."
    sure = "certain" if of.share_each >= ENOUGH else "likely" if of.share_each >= SOME else "possible"
    title = f"{none:,} of {of.size:,} codes are dead{of.where}"
    advice = "Reseed dead codes while training, or make the codebook smaller."
    if of.codebook is not None and of.codebook.rule is not None:
        advice = "Fewer levels an axis (or bits), or a term that rewards even usage."
    if level == "note":
        advice = "Few enough to live with; reseeding or an even-usage term would revive them."
    source = f"Codebook collapse: {LI}, section 2.9; {VISUAL}, section 3.4.2"
    return Finding(level, title, text, sure, advice, "heatmap", source, of.number)


def dead_because(of: Evidence) -> Finding | None:
    """Where the dead codes lie tells why they died."""
    if dead_share(of) < DEAD_WARN or not of.learned:
        return None
    return of_vectors.why_dead(of)


def giant(of: Evidence) -> Finding | None:
    """One code that takes a large part of all tokens."""
    usage = of.usage
    code = int(usage.counts.argmax())
    share = usage.counts[code] / usage.tokens
    fair = share * of.size
    if of.size < 3 or share < GIANT_WARN or (share < GIANT_BAD and fair < GIANT_FAIR):
        return None
    only = usage.used == 1
    title = (
        f"Every token is code {code}{of.where}"
        if only
        else f"Code {code} takes {percent(share)} of all tokens{of.where}"
    )
    text = (
        f"{usage.counts[code]:,} of {usage.tokens:,} tokens, {fair:,.0f} times a fair share N/K. The other "
        f"{usage.used - 1:,} codes in use share the rest; perplexity {usage.perplexity:,.1f} of {usage.ceiling:,}."
    )
    advice = (
        "Look at its page: if its exemplars are all blank, it is the data. Otherwise start the codes on latents "
        "(k-means), reseed, or split popular codes."
    )
    source = f"Winner takes all: {VISUAL}, section 3.4.2; {GITHUB}LatentActionPretraining/LAPA/issues/17"
    level = "bad" if share >= GIANT_BAD else "warning"
    return Finding(level, title, text, "certain", advice, "code", source, of.number)


def uneven(of: Evidence) -> Finding | None:
    """Codes in use, but very unequally, though no single one stands out."""
    usage = of.usage
    even = usage.perplexity / usage.used
    if usage.used < 8 or even >= UNEVEN or giant(of) is not None:
        return None
    few = int(np.searchsorted(np.cumsum(np.sort(usage.counts)[::-1]), 0.5 * usage.tokens) + 1)
    text = (
        f"{few:,} of {usage.used:,} codes in use{of.where} hold half of {usage.tokens:,} tokens; perplexity "
        f"{usage.perplexity:,.0f} is {percent(even)} of the codes in use (100%: all alike). Gini {usage.gini:.2f}."
    )
    advice = "A term that rewards even usage (entropy, KL to uniform), or reseeding by splitting popular codes."
    source = f"Skewed usage: {GITHUB}Biohub/esm/issues/85; {VISUAL}, section 6.1"
    stable = of.halves is None or of.halves.stable
    if not stable:
        text += " The halves of the data do not agree, so it may be these media rather than the codebook."
    level, sure = ("warning", "certain") if stable else ("note", "possible")
    return Finding(level, f"Usage is very uneven{of.where}", text, sure, advice, "heatmap", source, of.number)


def growing(of: Evidence) -> Finding | None:
    """Usage that would still rise if counting went on."""
    usage = of.usage
    if usage.tokens < of.size:
        return None
    more = float(carry_on(usage.counts, np.array([usage.tokens]))[0]) - usage.used
    if more < max(1.0, GROWING * of.size):
        return None
    text = (
        f"{usage.used:,} of {of.size:,} codes{of.where} are used by {usage.tokens:,} tokens; as many tokens again "
        f"would find about {more:,.0f} more."
    )
    source = f"Perplexity depends on the tokens counted: {GITHUB}bshall/VectorQuantizedVAE/issues/3"
    return Finding(
        "note",
        f"Usage still grows{of.where}",
        text,
        "likely",
        "Count more before quoting it.",
        "growth",
        source,
        of.number,
    )


def halves(of: Evidence) -> Finding | None:
    """An estimate that the two halves of the data do not share."""
    known = of.halves
    if known is None or known.stable:
        return None
    text = (
        f"Perplexity {known.perplexity[0]:,.0f} over the even media and {known.perplexity[1]:,.0f} over the odd ones"
        f"{of.where}: the figure still depends on which media are counted."
    )
    source = f"How much data does a usage figure need: {GITHUB}FoundationVision/LlamaGen/issues/65"
    return Finding(
        "note", f"Not stable yet{of.where}", text, "certain", "Count more media.", "halves", source, of.number
    )


def batches(of: Evidence) -> Finding | None:
    """A single medium that would make the codebook look much worse than it is."""
    usage = of.usage
    if len(of.level.batches) < 2:
        return None
    tokens, used, perplexity = (float(median) for median in np.median(of.level.batches, axis=0))
    if perplexity >= ILLUSION * usage.perplexity:
        return None
    text = (
        f"One medium alone{of.where} (median of {len(of.level.batches):,}): {tokens:,.0f} tokens, {used:,.0f} codes "
        f"used, perplexity {perplexity:,.0f}. All together: {usage.tokens:,} tokens, {usage.used:,} used, perplexity "
        f"{usage.perplexity:,.0f}."
    )
    source = f"A small batch makes most codes look dead: {GITHUB}jishengpeng/WavTokenizer/issues/82"
    advice = "Quote usage over a whole data set, and set dead-code thresholds by the tokens of a batch for each code."
    title = f"One batch looks worse than the whole{of.where}"
    return Finding("note", title, text, "certain", advice, "batches", source, of.number)


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
    return Finding("warning", f"Bits without use{of.where}", text, "certain", advice, "map", source, of.number)


def axes(of: Evidence) -> Finding | None:
    """Axes of a lattice (FSQ) that hardly leave one value."""
    if of.codebook is None or of.codebook.rule is None or max(of.codebook.rule.levels) == 2:
        return None
    shares = axis_usage(of.codebook.rule, of.level.counts)
    stuck = [(axis, share) for axis, share in enumerate(shares) if len(share) > 1 and share.max() >= ONE_VALUE]
    if not stuck:
        return None
    parts = [
        f"axis {axis + 1} has value {int(share.argmax())} in {percent(share.max())} of tokens" for axis, share in stuck
    ]
    source = f"FSQ: {LI}, section 2.5, and https://arxiv.org/abs/2309.15505"
    advice = "Give that axis fewer levels, or check the scale of the latents before the bound."
    title = f"Axes of the lattice without use{of.where}"
    return Finding("warning", title, f"{'; '.join(parts)}.".capitalize(), "certain", advice, "map", source, of.number)


Rule = Callable[[Evidence], Finding | None]
RULES: tuple[Rule, ...] = (
    *(few_tokens, dead, dead_because, giant, uneven, bits, axes),
    *(of_vectors.metric, of_vectors.scale, of_vectors.error, of_vectors.duplicates, of_vectors.flat),
    *(growing, halves, batches),
)
