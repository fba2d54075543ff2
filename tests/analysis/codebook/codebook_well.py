"""Codebooks that are well, of the shapes that researchers bring; see `codebook_cases.py`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.joints.audit_parts import Trial
from tests.analysis.codebook.codebook_cases import (
    DIM,
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
    zipf_codes,
)
from tests.analysis.codebook.codebook_faults import searched, seen


def random(seed=15):
    return np.random.default_rng(seed)


def few_media(count):
    return searched(means(), media()[:count])


def twins():
    """Four codes have a twin 0.0008 apart; which of both a latent gets is rounding."""
    vectors = np.concatenate([means(), means()[:4] + 0.0008 / np.sqrt(DIM)])
    latents = media()
    codes = np.stack([assign(table(vectors), z) for z in latents])
    flip = random().random(codes.shape) < 0.5
    codes = np.where((codes < 4) & flip, codes + len(means()), codes)
    return audited(table(vectors), latents=latents, codes=[codes])


def background(share=0.7):
    """Most tokens are one blank background, whose latent is always the same to rounding; ties are broken at random."""
    latents = media().copy()
    chance = random()
    blank = chance.random(latents.shape[:2]) < share
    place = np.full(DIM, 3.0)
    latents[blank] = place + 1e-6 * chance.normal(size=(int(blank.sum()), DIM))
    vectors = np.concatenate([means(), place[None] + 0.0005, place[None] - 0.0005])
    codes = np.stack([assign(table(vectors), z) for z in latents])
    tie = chance.random(codes.shape) < 0.3
    codes = np.where(blank & tie, len(means()) + (1 - (codes - len(means()))), codes)
    return audited(table(vectors), latents=latents, codes=[codes])


def in_float32(offset=300.0):
    """A model that computes |x|^2 - 2 x.c + |c|^2 in float32 far from the origin: ties to rounding."""
    latents, vectors = media() + np.float32(offset), (means() + offset).astype(np.float32)
    squares = np.square(vectors).sum(1)
    codes = np.stack([(np.square(z).sum(1)[:, None] - 2 * z @ vectors.T + squares).argmin(1) for z in latents])
    return audited(table(vectors), latents=latents, codes=[codes])


def half_precision():
    """An audit of before: its latents were rounded to float16."""
    audit, books = searched(means() + 20, media() + np.float32(20))
    level = audit.levels[0]
    half = level.latents.astype(np.float16).astype(np.float32)
    older = replace(level, latents=half, media=0, occurs=None, stretches=None)
    return replace(audit, levels=(older,)), books


def fine_levels():
    books, given, codes = residual(*residual_means(13, 32), latents=media())
    return audited(*books, latents=given, codes=codes)


def groups():
    latents = media()
    parts = [latents[..., 4 * g : 4 * g + 4].copy() for g in range(4)]
    books = [table(lloyd(part.reshape(-1, 4).astype(np.float64), 32)) for part in parts]
    return audited(*books, latents=parts, combination="concatenate")


def cosine():
    latents = media() * random().uniform(0.2, 5, (*media().shape[:2], 1)).astype(np.float32)
    unit = latents / np.linalg.norm(latents, axis=-1, keepdims=True)
    vectors = lloyd(unit.reshape(-1, DIM).astype(np.float64), 64)
    return searched(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), latents, "cosine")


def digits():
    """Black pictures with a stroke: 16 codes, two thirds of the tokens one of them."""
    chance = random(4)
    stroke = chance.random((60, 49)) < 0.33
    latents = np.where(stroke[..., None], chance.normal(size=(60, 49, 8)), 0.0).astype(np.float32)
    drawn = latents[stroke].astype(np.float64)
    return searched(np.concatenate([lloyd(drawn, 15), np.zeros((1, 8))]), latents)


def coarse():
    """16 codes for latents of 64 dimensions alike: hardly better than the mean, as it has to be."""
    latents = random(5).normal(size=(40, 144, 64)).astype(np.float32)
    return searched(lloyd(latents.reshape(-1, 64).astype(np.float64), 16), latents)


def kinds_of_media():
    """Each medium shows two of forty kinds of things: what one medium uses says little of the whole."""
    chance = random(6)
    centres = 2 * chance.normal(size=(40, DIM))
    pairs = chance.integers(0, 40, (120, 2))
    kind = np.where(chance.random((120, 144)) < 0.5, pairs[:, :1], pairs[:, 1:])
    latents = (centres[kind] + 0.3 * chance.normal(size=(120, 144, DIM))).astype(np.float32)
    return searched(lloyd(latents.reshape(-1, DIM).astype(np.float64), 160), latents)


def signs():
    return audited(lattice((2,) * 10, "lfq"), latents=random(7).normal(size=(60, 400, 10)).astype(np.float32))


def blank_media(count):
    """All latents lie close together, in one direction from the code that they have."""
    near = means()[3] + 0.05 * random(5).normal(size=DIM)
    latents = near + 0.002 * random(6).normal(size=(count, 144, DIM))
    return searched(means(), latents.astype(np.float32))


def fsq(count=60):
    return audited(lattice((8, 5, 5, 5)), latents=random(8).uniform(-1.15, 1.15, (count, 400, 4)).astype(np.float32))


def well_tried(noise, modality="image"):
    audit, books = searched(means())
    trial = Trial(np.array([seen(0.95, 0.02, noise)] * 4), 1000, 3, 0)
    return replace(audit, trial=trial, modality=modality), books


WELL = (
    Case("k-means", lambda: searched(means())),
    Case("one sample", lambda: few_media(1)),
    Case("one blank sample beside its code", lambda: blank_media(1)),
    Case("nine blank samples beside their code", lambda: blank_media(9)),
    Case("three media", lambda: few_media(3)),
    Case("twelve media", lambda: few_media(12)),
    Case("a large codebook over one sample", lambda: searched(means(1024), media()[:1])),
    Case("uniform use with two tokens a code", lambda: counted_alone(random().integers(0, 1024, (16, 128)), 1024)),
    Case("uniform use with twelve tokens a code", lambda: counted_alone(random().integers(0, 1024, (96, 128)), 1024)),
    Case("Zipf, power 1", lambda: counted_alone(zipf_codes(1024, 1.0, 100, 256), 1024)),
    Case("Zipf, power 1.3, much counted", lambda: counted_alone(zipf_codes(1024, 1.3, 200, 1024), 1024)),
    Case("Zipf, power 1.2, little counted", lambda: counted_alone(zipf_codes(8192, 1.2, 30, 256), 8192)),
    Case("262,144 codes", lambda: counted_alone(random().integers(0, 2**18, (40, 1024)), 2**18)),
    Case("four codes", lambda: searched(means(4))),
    Case("as many codes as tokens", lambda: searched(means(2048), media()[:14])),
    Case("codes for the cosine metric", cosine),
    Case("FSQ of 1,000 codes", fsq),
    Case("FSQ of 1,000 codes over one sample", lambda: fsq(1)),
    Case("LFQ of 10 bits", signs),
    Case("an RVQ of 13 levels, the last ones fine", fine_levels),
    Case("groups of a product", groups),
    Case("twins 0.0008 apart", twins),
    Case("a black background", background),
    Case("silence in most of a sound", lambda: background(0.9)),
    Case("black pictures with a stroke and 16 codes", digits),
    Case("16 codes in 64 dimensions", coarse),
    Case("ties to rounding far from the origin", in_float32),
    Case("an audit of before with half-precision latents", half_precision),
    Case("media of forty kinds", kinds_of_media),
    Case("decodes of 20 dB", lambda: well_tried(0.006)),
    Case("decodes of 14 dB", lambda: well_tried(0.035)),
    Case("decoded sounds", lambda: well_tried(0.03, "audio")),
)
