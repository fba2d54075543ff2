"""Codebooks that are broken in a known way, and what is to be said of each; see `codebook_cases.py`."""

from __future__ import annotations

import numpy as np

from tests.analysis.codebook.codebook_cases import (
    CODES,
    DIM,
    Case,
    counted_alone,
    means,
)
from tests.analysis.codebook.codebook_faults import (
    another_checkpoint,
    beside,
    by_dot,
    by_metric,
    chosen_before,
    cliff,
    dead_group,
    drifting,
    fading,
    far_dead,
    flat,
    fsq_axis,
    fsq_saturated,
    giant,
    heap_in_use,
    identical,
    levels_listed_wrongly,
    levels_swapped,
    lfq_bits,
    many_dead_levels,
    nan_codes,
    nan_latents,
    random,
    rounded,
    searched,
    seen,
    silent_levels,
    small_ball,
    tried,
    uncovered,
    unit_sphere,
)

CAUSES = (
    "run together",
    "lie at zero",
    "small ball",
    "no latent comes",
    "among the latents",
    "lie on other codes",
    "shorter",
)
FIT = ("do not belong", "scaled", "shifted", "metric, not", "transposed", "far larger", "far smaller", "miss their")
DUPLICATES = ("near-duplicate",)


def but(words, *kept):
    """Those words without `kept`."""
    return tuple(word for word in words if word not in kept)


BROKEN = (
    Case(
        "half of the codes dead, far away",
        far_dead,
        ("of 256 codes are dead", "no latent comes"),
        wrong=FIT + but(CAUSES, "no latent comes"),
    ),
    Case(
        "dead codes in the small ball where they started",
        small_ball,
        ("of 424 codes are dead", "small ball"),
        wrong=FIT + but(CAUSES, "small ball") + DUPLICATES,
    ),
    Case(
        "the same ball around another point",
        lambda: small_ball(centre=0.8),
        ("of 424 codes are dead", "small ball"),
        wrong=FIT + but(CAUSES, "small ball"),
    ),
    Case(
        "a heap of dead codes at the origin",
        lambda: small_ball(1e-7),
        ("of 424 codes are dead", "lie at zero"),
        wrong=FIT + but(CAUSES, "lie at zero"),
    ),
    Case(
        "dead codes at one point, over three media",
        lambda: small_ball(1e-7, count=3),
        ("384 of 424 codes lie at one point",),
        wrong=(*FIT, *CAUSES, "not seen yet", "are dead"),
        alarms=1,
    ),
    Case(
        "dead codes beside codes in use",
        beside,
        ("of 128 codes are dead", "among the latents"),
        wrong=FIT + but(CAUSES, "among the latents"),
    ),
    Case(
        "dead codes that are exact copies",
        lambda: searched(np.repeat(means(), 2, axis=0)),
        ("of 256 codes are dead", "lie on other codes"),
        wrong=FIT + but(CAUSES, "lie on other codes"),
    ),
    Case(
        "scaled down after the tokens were chosen",
        lambda: chosen_before(lambda v: v / 20),
        ("The codebook is scaled",),
        wrong=CAUSES + DUPLICATES + but(FIT, "scaled"),
    ),
    Case(
        "scaled up after the tokens were chosen",
        lambda: chosen_before(lambda v: v * 7),
        ("The codebook is scaled",),
        wrong=CAUSES + DUPLICATES + but(FIT, "scaled"),
    ),
    Case(
        "scaled down, and searched like that",
        lambda: searched(means() / 20),
        ("far smaller",),
        wrong=CAUSES + DUPLICATES + but(FIT, "far smaller"),
    ),
    Case(
        "scaled up, and searched like that",
        lambda: searched(means() * 8),
        ("far larger",),
        wrong=CAUSES + DUPLICATES + but(FIT, "far larger"),
    ),
    Case(
        "shifted after the tokens were chosen",
        lambda: chosen_before(lambda v: v + 3),
        ("The codebook is shifted",),
        wrong=CAUSES + DUPLICATES + but(FIT, "shifted"),
    ),
    Case(
        "shifted, and searched like that",
        lambda: searched(means() + 3),
        ("is shifted against",),
        wrong=CAUSES + DUPLICATES + but(FIT, "shifted"),
    ),
    Case(
        "rows permuted",
        lambda: chosen_before(lambda v: v[random().permutation(CODES)]),
        ("another order",),
        wrong=CAUSES + DUPLICATES + but(FIT, "do not belong"),
    ),
    Case(
        "indices moved by one",
        lambda: chosen_before(lambda v: np.roll(v, 1, axis=0)),
        ("numbers are moved",),
        wrong=CAUSES + DUPLICATES + but(FIT, "do not belong"),
    ),
    Case(
        "codes of another checkpoint",
        another_checkpoint,
        ("do not belong",),
        wrong=CAUSES + DUPLICATES + but(FIT, "do not belong"),
    ),
    Case(
        "transposed after the tokens were chosen",
        lambda: chosen_before(lambda v: v.T.reshape(CODES, DIM)),
        ("is transposed",),
        wrong=CAUSES + DUPLICATES + but(FIT, "transposed"),
    ),
    Case(
        "transposed, and searched like that",
        lambda: searched(means().T.reshape(CODES, DIM)),
        ("transposed",),
        "likely",
        wrong=CAUSES + DUPLICATES + but(FIT, "transposed"),
    ),
    Case(
        "tokens of the cosine metric declared Euclidean",
        lambda: by_metric("cosine", "euclidean"),
        ("Tokens follow the cosine metric",),
        wrong=CAUSES + but(FIT, "metric, not"),
    ),
    Case(
        "tokens of the Euclidean metric declared cosine",
        lambda: by_metric("euclidean", "cosine"),
        ("Tokens follow the euclidean metric",),
        wrong=CAUSES + but(FIT, "metric, not"),
    ),
    Case(
        "searched by the dot product",
        by_dot,
        ("codes are dead",),
        wrong=(*FIT, "run together", "small ball", "no latent comes"),
    ),
    Case(
        "codes on the unit sphere, latents not", unit_sphere, ("far smaller",), wrong=CAUSES + but(FIT, "far smaller")
    ),
    Case(
        "duplicated codes",
        lambda: searched(np.concatenate([means(), means() + 1e-3])),
        ("near-duplicate codes",),
        wrong=CAUSES + FIT,
    ),
    Case("a heap of codes in use at one place", heap_in_use, ("near-duplicate codes",), wrong=FIT),
    Case("rounded to bfloat16 at a large offset", rounded, ("bfloat16",), wrong=CAUSES + FIT),
    Case("one giant code", giant, ("Code 7 takes",), wrong=FIT),
    Case(
        "every token is one code, from indices alone",
        lambda: counted_alone(np.full((40, 144), 9), CODES),
        ("Every token is code 9",),
        wrong=FIT + CAUSES,
    ),
    Case(
        "a codebook of 262,144 of which 100 are used",
        lambda: counted_alone(random().integers(0, 100, (40, 1024)) * 2000, 2**18),
        ("Only 100 of 262,144",),
        "likely",
    ),
    Case(
        "latents without a code of their own",
        uncovered,
        ("lie where no code is",),
        wrong=("takes", "Not stable", "not seen yet", *FIT),
    ),
    Case(
        "codes that are NaN", nan_codes, ("3 of 128 codes are NaN",), wrong=("takes", "Every token", "are dead", *FIT)
    ),
    Case(
        "latents that are all NaN", nan_latents, ("latents hold NaN",), wrong=("takes", "Every token", "are dead", *FIT)
    ),
    Case(
        "latents of a medium in five that are NaN",
        lambda: nan_latents(5),
        ("1,152 of 5,760 latents hold NaN",),
        wrong=("takes", "are dead", *FIT),
    ),
    Case(
        "an encoder that gives one answer", identical, ("All latents are alike",), wrong=("takes", "Every token", *FIT)
    ),
    Case("latents of few dimensions", flat, ("Latents fill 2 of 16 dimensions",), wrong=CAUSES + FIT),
    Case("levels of an RVQ applied in the wrong order", levels_swapped, ("wrong order",), wrong=CAUSES + FIT),
    Case(
        "levels of an RVQ listed in the wrong order",
        levels_listed_wrongly,
        ("another order: they worked as 2, 1, 3, 4",),
        wrong=CAUSES + FIT,
    ),
    Case(
        "four silent levels of thirteen",
        silent_levels,
        ("Levels 10 to 13 carry nothing",),
        wrong=FIT + CAUSES,
        alarms=1,
    ),
    Case(
        "one silent level", lambda: silent_levels(4, (2,)), ("Level 3 carries nothing",), wrong=FIT + CAUSES, alarms=1
    ),
    Case("dead codes on six levels", many_dead_levels, ("Dead codes on all levels",), wrong=FIT, alarms=2),
    Case("a dead group of a product", dead_group, ("on group 3",), wrong=("group 1", "group 2", "group 4")),
    Case("a dead axis of FSQ", fsq_axis, ("Axes of the lattice without use",), wrong=FIT),
    Case("FSQ that lies at its ends", fsq_saturated, ("Axes of the lattice without use",), wrong=("do not belong",)),
    Case("stuck and tied bits of LFQ", lfq_bits, ("Bits without use",), wrong=FIT),
    Case(
        "a first half that uses other codes",
        drifting,
        ("first half of the media uses other codes",),
        wrong=FIT + CAUSES + ("Not stable",),
    ),
    Case("usage that falls along the media", fading, ("Usage falls along the media",), wrong=(*FIT, "Not stable")),
    Case(
        "a model in training mode",
        lambda: tried([seen()], 1000, 430, 0),
        ("The tokenizer changes while it is counted",),
        wrong=FIT,
    ),
    Case(
        "a model with dropout",
        lambda: tried([seen()], 1000, 430, 410),
        ("The tokenizer changes while it is counted",),
        wrong=FIT,
    ),
    Case(
        "decoded as -1 to 1, shown as 0 to 1",
        lambda: tried([seen(2.0, -1.0, 0.01, ends=0.5)] * 4),
        ("is the range right?",),
        wrong=("mute",),
    ),
    Case(
        "a mute decoder",
        lambda: tried([[0.45, 0.5, 0.06, 1e-5, 1e-6, 0.0, 0.07]] * 4),
        ("decoder is mute",),
        wrong=("range",),
    ),
    Case(
        "red and blue exchanged",
        lambda: tried([seen(0.6, 0.2, 0.02, reverse=0.002)] * 4),
        ("red and blue exchanged",),
        wrong=("mute", "range"),
    ),
    Case(
        "a mute decoder of sounds",
        lambda: tried([[0, 0, 0.02, 1e-7, 0, np.nan, np.nan]] * 3, modality="audio"),
        ("decoder is mute",),
    ),
    Case(
        "few codes take nearly all, from indices alone",
        lambda: counted_alone(cliff(), 400),
        ("take nearly all tokens",),
        wrong=FIT,
    ),
)
