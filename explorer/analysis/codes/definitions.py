"""What the terms on screen mean, in a sentence or two: the one source of every "?" beside a number.

A test holds each sentence against the code that it is about, by tokens, codes and counts, not by its wording. Where
sources differ the sentence says what is done here and what the others do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.analysis.codes.duplicates import NEAR
from explorer.analysis.codes.states import OVER
from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.joints.measures.unused import LIKELY_MEDIA
from explorer.joints.measures.usage import ENTROPY_WORDS, LEAST_TOKENS
from explorer.joints.record import Codebook, LatticeRule
from explorer.media.quality.metrics import PSNR_WORDS

LI = "Li et al. 2025 (arXiv 2507.22920)"
VISUAL = "the survey 'Discrete Visual Tokenizers for Multimodal LLMs' (2025)"
FSQ_DIFFERS = (
    f"{LI} writes -floor(L/2) to floor(L/2), which for an even L are L + 1 values; {VISUAL} spreads L values evenly "
    "from -1 to 1."
)
BITS_DIFFER = (
    "The first axis is the most significant bit of the index, as in the code of the methods. "
    f"{LI} and {VISUAL} write the sum of 2^(i-1): there it is the least significant one."
)
LISTED = 6  # axes of a lattice whose values are written out


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _listed(values: Sequence[float]) -> str:
    return ", ".join(map(_number, values))


@dataclass(frozen=True)
class Definition:
    """term: what the "?" asks for. words: plain sentences."""

    term: str
    words: str


FEWER = "without a token" if LEAST_TOKENS == 1 else f"with fewer than {LEAST_TOKENS} tokens"

DEFINITIONS: Mapping[str, Definition] = {
    "tokens": Definition(
        "tokens counted", "N: one for each position whose code was counted, of the level or group that is shown."
    ),
    "used": Definition(
        "used codes",
        f"Codes with at least {LEAST_TOKENS} of the tokens that were counted, over-used ones and near-duplicates among "
        "them; the rest are dead, likely dead or not seen yet. Usage is their share of K.",
    ),
    "ceiling": Definition(
        "the ceiling", "N tokens can show at most N codes, so no more than min(K, N) of K codes can be in use."
    ),
    "dead": Definition(
        "a dead code",
        f"A code {FEWER} that more media of this kind would not find either, judged by the codes that occur in one, "
        f"two and three media (Chao's estimate), over {LIKELY_MEDIA} media or more. The number is the least. It says "
        "something of the kind of data that was counted, not of all data.",
    ),
    "dead-lab": Definition(
        "dead in the lab",
        "A code that no latent of the run chose for so many steps that every code could have had its turn: at least "
        "20, and as many as it takes to count 8 latents a code. The number of steps is said beside the count. A code "
        "that was never chosen in fewer steps is unseen so far.",
    ),
    "unseen": Definition(
        "not seen yet",
        "A code without a token that more media may find: tokens of one medium are alike, so few media, or few tokens "
        "for each code, leave out many codes that others use.",
    ),
    "near-duplicate": Definition(
        "a near-duplicate",
        f"A code in use with another code in use so near that the two mean the same: within {NEAR:.0%} of the median "
        "distance of the latents (or residuals) to their codes, or of how far apart the codes in use would lie if they "
        "filled their own extent evenly, if that is less. Codes of a lattice are a whole step apart, so none is.",
    ),
    "over-used": Definition(
        "an over-used code",
        f"A code with {OVER} times an even share N/K of the tokens or more, and of a small codebook with nine tenths "
        "of all tokens.",
    ),
    "perplexity": Definition(
        "perplexity",
        "Two to the power of the entropy of the counts in bits: so many codes, used evenly, would carry as much. It is "
        "at most min(K, N), since N tokens show no more than N codes, and as large as that only with even use: a low "
        "perplexity of few tokens says little.",
    ),
    "entropy": Definition("entropy", ENTROPY_WORDS),
    "kl": Definition("KL to uniform", "The bits of a token that uneven use leaves unused: log2 K less the entropy."),
    "gini": Definition(
        "Gini", "Inequality of the counts over all K codes: 0 if all are used alike, near 1 if one takes all tokens."
    ),
    "real-bits": Definition(
        "real bits",
        "Bits a token after LZMA, which knows nothing of the media, over the tokens in their order: a bound from above "
        "on what they carry. Between it and log2 K lies what a language model could save, and more.",
    ),
    "equal": Definition(
        "equal to its neighbour",
        "Share of the tokens that have the same code as the one before them, above them or a frame before, of those "
        "that have one. Alike neighbours are background, silence or standing pictures; by chance they would be as many "
        "as the squares of the shares of all codes add up to.",
    ),
    "fsq": Definition(
        "the values of FSQ",
        "An axis with L values takes (i - floor(L/2)) / floor(L/2) for i from 0 to L - 1: of 5 values "
        f"{_listed((-1, -0.5, 0, 0.5, 1))}; of 4, an even number, {_listed((-1, -0.5, 0, 0.5))}, more below zero than "
        f"above. So has the code of Mentzer et al. 2023; {FSQ_DIFFERS} The first axis counts fastest.",
    ),
    "signs": Definition("the bits of LFQ and BSQ", f"Bit 1 is the positive side of an axis. {BITS_DIFFER}"),
    "joint": Definition(
        "joint figures",
        "Of the tuples that the codes of all levels or groups make at one position: how many different ones occurred, "
        "and the perplexity and entropy of their counts. N positions show at most N tuples, so for few tokens all "
        "three are far below what the codebooks could do together.",
    ),
    "training": Definition(
        "counts of training",
        "What the checkpoint kept, mostly a moving average of the tokens of a training step. It is never 0 for a code "
        "that was chosen once, so it is told in tokens of the steps that the average remembers, 1 / (1 - decay) of "
        f"them: in use is what has at least {LEAST_TOKENS} of these.",
    ),
    "psnr": Definition("PSNR", PSNR_WORDS),
    "card_psnr": Definition(
        "PSNR of the card",
        f"Mean over held-out pictures, cropped at the centre to {FIGURE_SIDE_PX} px a side. The figure of one picture "
        "below is another one: of that picture, and at the size that is chosen.",
    ),
    "card_psnr_clips": Definition(
        "PSNR of the card",
        "Mean over held-out clips of the PSNR of all frames together. They are photographs set in motion: pans, zooms "
        "and turns, half of them with a thing that moves in front.",
    ),
    "card_si_sdr": Definition(
        "SI-SDR of the card",
        "Mean over held-out sounds, of all levels: how much louder the part of the decode that is the original is than "
        "all the rest. Above 0 dB the original is the larger part.",
    ),
    "collisions": Definition(
        "collisions",
        "An item collides when another one has the very same code on every level, so that its semantic id does not "
        "tell the two apart. TIGER adds one more number then.",
    ),
    "card_rmse": Definition(
        "error of the card",
        "Root mean square error over all values of the columns of one unit, of held-out series. The figures of one "
        "series below are others.",
    ),
    "fit": Definition(
        "crop and size",
        "A larger picture is scaled down (Lanczos) until its longest side is the chosen one; then what is over a "
        "multiple of the token's side is cropped away, evenly at both ends. Nothing is scaled up. What was done to "
        "this one is said here.",
    ),
    "weights": Definition(
        "which weights",
        "Some trainings keep a running average of the weights beside those of the last step, and the two give "
        "different tokens. What ships here are the weights of the last step; code vectors learned by EMA are averages "
        "of latents by their own rule.",
    ),
}


def help_for(ids: Sequence[str], codebook: Codebook | None = None) -> dict[str, dict[str, str]]:
    """Definitions for the browser by id; with a codebook that has a rule also "lattice", of its very axes."""
    chosen = {id: DEFINITIONS[id] for id in ids}
    if codebook is not None and codebook.rule is not None:
        chosen["lattice"] = lattice_definition(codebook.rule)
    return {id: {"term": one.term, "words": one.words} for id, one in chosen.items()}


def lattice_definition(rule: LatticeRule) -> Definition:
    """Which values the axes take and in which order digits make the index, as the rule has it, and what others do."""
    bits = set(rule.levels) == {2}
    order = _order(rule, "bit" if bits else "digit")
    return Definition(
        f"values and order of {rule.name}", f"{_sign_words(rule) if bits else _value_words(rule)} {order}"
    )


def _sign_words(rule: LatticeRule) -> str:
    low, high = rule.axis_values[0]
    return (
        f"Each of {len(rule.levels)} axes is {_number(low)} or {_number(high)} by the sign of the latent; bit 1 is the "
        "positive side, and exactly 0 counts as negative."
    )


def _value_words(rule: LatticeRule) -> str:
    listed: list[str] = []
    for number, values in enumerate(rule.axis_values[:LISTED], 1):
        below, above = sum(v < 0 for v in values), sum(v > 0 for v in values)
        lean = "" if below == above else f" ({below} below zero, {above} above)"
        listed.append(f"axis {number}: {_listed(values)}{lean}")
    more = f"; and {len(rule.levels) - LISTED} axes more" if len(rule.levels) > LISTED else ""
    lopsided = any(_is_lopsided(values) for values in rule.axis_values)
    said = f"The values are {'; '.join(listed)}{more}."
    if lopsided:
        said += (
            " An even number L of values is lopsided, (i - L/2) / (L/2) for i from 0, as in the code of Mentzer et al. "
            f"2023. {FSQ_DIFFERS}"
        )
    return said


def _is_lopsided(values: Sequence[float]) -> bool:
    """Whether an even number L of values is (i - L/2) / (L/2), more of them below zero than above."""
    half = len(values) // 2
    return len(values) == 2 * half and all(abs(v - (i - half) / half) < 1e-6 for i, v in enumerate(values))


def _order(rule: LatticeRule, noun: str) -> str:
    if noun == "bit":
        if rule.first_axis_most_significant:
            return BITS_DIFFER
        return "The first axis is the least significant bit of the index."
    first = "slowest, as the most" if rule.first_axis_most_significant else "fastest, as the least"
    return f"Of the digits that make the index the first axis counts {first} significant one."
