"""Codebooks that are broken in a known way; see `codebook_cases.py`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.joints.audit_parts import Trial
from tests.analysis.codebook.codebook_cases import (
    CODES,
    DIM,
    MEDIA,
    Case,
    audited,
    counted_alone,
    lattice,
    lloyd,
    means,
    media,
    residual,
    residual_means,
    table,
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


def random(seed=5):
    return np.random.default_rng(seed)


def chosen_before(change, **more):
    """Tokens chosen by a good codebook, which was changed afterwards."""
    latents, vectors = media(), means()
    codes = np.stack([assign(table(vectors), z) for z in latents])
    return audited(table(change(vectors), **more), latents=latents, codes=[codes])


def searched(vectors, latents=None, metric="euclidean"):
    """Tokens chosen by that codebook itself."""
    return audited(table(vectors, metric), latents=media() if latents is None else latents)


def far_dead():
    return searched(np.concatenate([means(), means() + 30]))


def small_ball(spread=0.01, centre=0.0, count=MEDIA):
    """Few codes serve the latents, the others never moved from a small start."""
    ball = centre + spread * random().uniform(-1, 1, (CODES * 3, DIM))
    latents = media()[:count] + 1.5  # the ball lies beside the middle of the cloud
    own = lloyd(latents.reshape(-1, DIM).astype(np.float64), 40)
    return searched(np.concatenate([own, ball]), latents)


def beside():
    """Unused codes among the latents: each lies beside a code that is nearer to every latent."""
    chance = random(7)
    centres = chance.normal(size=(64, DIM))
    kind = chance.integers(0, 64, (40, 144))
    latents = (centres[kind] + chance.uniform(-0.1, 0.1, (40, 144, DIM))).astype(np.float32)
    return searched(np.concatenate([centres, centres + 0.6 * np.eye(DIM)[0]]), latents)


def rounded(offset=150.0):
    """Codes kept in bfloat16, whose steps at that offset are as large as what keeps codes apart."""

    def change(vectors):
        bits = np.ascontiguousarray(vectors + offset, np.float32).view(np.uint32)
        return (bits + 0x8000 & 0xFFFF0000).astype(np.uint32).view(np.float32)

    latents, vectors = media() + np.float32(offset), means() + offset
    codes = np.stack([assign(table(vectors), z) for z in latents])
    return audited(table(change(means())), latents=latents, codes=[codes])


def uncovered():
    """A fourth of the latents is of a kind that no code was made for."""
    latents = media().copy()
    chance = random(11)
    new = chance.random(latents.shape[:2]) < np.where(np.arange(len(latents)) % 3 == 0, 0.6, 0.05)[:, None]
    place = 9 * np.eye(DIM)[1] - 4
    latents[new] = place + 0.3 * chance.normal(size=(int(new.sum()), DIM))
    return searched(means(), latents)


def nan_codes():
    vectors = means().copy()
    vectors[[3, 17, 40]] = np.nan
    return searched(vectors)


def nan_latents(every=1):
    latents = media().copy()
    latents[::every] = np.nan
    return searched(means(), latents)


def giant():
    """One code between all latents takes most of them; the others have gone away."""
    vectors = means() * 0 + 25 + 3 * random(2).normal(size=(CODES, DIM))
    vectors[7] = media().reshape(-1, DIM).mean(0)
    vectors[8:12] = means()[:4]
    return searched(vectors)


def another_checkpoint():
    """Codes of the same kind, made for other latents."""
    turned = np.linalg.qr(random().normal(size=(DIM, DIM)))[0]
    return chosen_before(lambda vectors: lloyd(media(seed=55).reshape(-1, DIM) @ turned, CODES))


def unit_sphere():
    """Codes of one length, as for the cosine metric, searched by the Euclidean distance among longer latents."""
    return searched(means() / np.linalg.norm(means(), axis=1, keepdims=True) / 12)


def heap_in_use():
    """Half of the codes at one place, all of them in use."""
    return searched(np.concatenate([means()[:64], means()[5] + 1e-3 * random().normal(size=(64, DIM))]))


def by_dot():
    """A codebook for the Euclidean distance, searched by the product: long codes win."""
    scale = random(3).uniform(0.2, 3, (CODES, 1))
    return searched(scale * means(), metric="dot")


def levels_swapped():
    a, b, c, d = residual_means()
    books, given, codes = residual(b, a, c, d, latents=media())
    return audited(*books, latents=given, codes=codes)


def levels_listed_wrongly():
    books, given, codes = residual(*residual_means(), latents=media())
    order = (1, 0, 2, 3)
    return audited(*(books[i] for i in order), latents=[given[i] for i in order], codes=[codes[i] for i in order])


def silent_levels(levels=13, silent=(9, 10, 11, 12)):
    vectors = list(residual_means(levels, 32))
    for level in silent:
        vectors[level] = 1e-5 * vectors[level]
    books, given, codes = residual(*vectors, latents=media())
    return audited(*books, latents=given, codes=codes)


def dead_group():
    """A product of four groups, the third of which is constant."""
    latents = media()
    parts = [latents[..., 4 * g : 4 * g + 4].copy() for g in range(4)]
    books = [table(lloyd(part.reshape(-1, 4).astype(np.float64), 32)) for part in parts]
    codes = [np.stack([assign(book, z) for z in part]) for book, part in zip(books, parts, strict=True)]
    codes[2] = np.full_like(codes[2], 5)
    books[2] = table(np.concatenate([books[2].vectors[5:6] * 0 + parts[2].mean((0, 1)), books[2].vectors + 50])[:32])
    codes[2] = np.stack([assign(books[2], z) for z in parts[2]])
    return audited(*books, latents=parts, codes=codes, combination="concatenate")


def many_dead_levels():
    """Half of the codes of each of six levels are dead: one finding, not six."""
    vectors = [np.concatenate([v, v + 30]) for v in residual_means(6, 32)]
    books, given, codes = residual(*vectors, latents=media())
    return audited(*books, latents=given, codes=codes)


def fsq_axis():
    latents = random(4).uniform(-1.2, 1.2, (40, 144, 4)).astype(np.float32)
    latents[..., 1] *= 0.1
    return audited(lattice((8, 5, 5, 5)), latents=latents)


def fsq_saturated():
    latents = 30 * random(4).normal(size=(40, 144, 4)).astype(np.float32)
    return audited(lattice((8, 5, 5, 5)), latents=latents)


def lfq_bits():
    latents = random(4).normal(size=(40, 144, 8)).astype(np.float32)
    latents[..., 2] = -np.abs(latents[..., 2])
    latents[..., 5] = 2 * latents[..., 1]
    return audited(lattice((2,) * 8, "lfq"), latents=latents)


def drifting():
    """The first half of the media shows other things than the last."""
    latents = media().copy()
    centres = means()
    own = np.arange(len(latents))[:, None] * 2 // len(latents)
    kind = random(6).integers(0, CODES // 2, latents.shape[:2]) + own * (CODES // 2)
    order = np.argsort(centres[:, 0])
    latents = (centres[order][kind] + 0.02 * random(8).normal(size=latents.shape)).astype(np.float32)
    return searched(centres, latents)


def fading():
    """Each medium shows fewer things than the one before."""
    centres, count = means(), 60
    few = np.linspace(CODES, 6, count).astype(int)
    kinds = [random(m).integers(0, n, 144) for m, n in enumerate(few)]
    latents = np.stack([centres[kind] for kind in kinds]) + 0.02 * random(8).normal(size=(count, 144, DIM))
    return searched(centres, latents.astype(np.float32))


def flat():
    """Latents of two dimensions of sixteen."""
    chance = random(9)
    plane = np.linalg.qr(chance.normal(size=(DIM, 2)))[0]
    latents = (chance.normal(size=(40, 144, 2)) @ plane.T).astype(np.float32)
    return searched(lloyd(latents.reshape(-1, DIM).astype(np.float64), CODES), latents)


def tried(rows, compared=1000, changed=0, restless=None, modality="image"):
    """A good codebook with that trial."""
    audit, books = searched(means())
    trial = Trial(np.array(rows, np.float64).reshape(-1, 7), compared, changed, restless)
    return replace(audit, trial=trial, modality=modality), books


def seen(gain=1.0, offset=0.0, noise=0.001, ends=0.0, reverse=0.2):
    """A row of a trial: a picture of mean 0.45 and variance 0.06, decoded with that gain, offset and noise."""
    return [0.45, gain * 0.45 + offset, 0.06, gain**2 * 0.06 + noise, gain * 0.06, ends, reverse]


def identical():
    latents = np.ones_like(media()) * np.linspace(-1, 1, DIM, dtype=np.float32)
    return searched(means(), latents)


def half_dead(**more):
    return searched(np.concatenate([means(), means() + 30]), **more)


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


def by_metric(chosen, declared):
    scale = random(2).uniform(0.3, 3, (CODES, 1))
    vectors = means() * scale
    codes = np.stack([assign(table(vectors, chosen), z) for z in media()])
    return audited(table(vectors, declared), latents=media(), codes=[codes])


def cliff():
    chance = np.full(400, 0.004 / 388)
    chance[:12] = 0.996 / 12
    return random().choice(400, (60, 2000), p=chance / chance.sum())
