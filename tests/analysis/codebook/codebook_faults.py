"""What breaks a codebook, one function a fault; `codebook_broken.py` lists them with what is to be said of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.joints.audit_parts import Trial
from tests.analysis.codebook.codebook_cases import (
    CODES,
    DIM,
    MEDIA,
    audited,
    lattice,
    lloyd,
    means,
    media,
    residual,
    residual_means,
    table,
)


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


def by_metric(chosen, declared):
    scale = random(2).uniform(0.3, 3, (CODES, 1))
    vectors = means() * scale
    codes = np.stack([assign(table(vectors, chosen), z) for z in media()])
    return audited(table(vectors, declared), latents=media(), codes=[codes])


def cliff():
    chance = np.full(400, 0.004 / 388)
    chance[:12] = 0.996 / 12
    return random().choice(400, (60, 2000), p=chance / chance.sum())
