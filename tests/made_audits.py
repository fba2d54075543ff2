"""Audits made of given latents and a given codebook, for tests of what is said about them."""

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook, LatticeRule

TOKENS_EACH = 256  # of one made medium


def table(vectors, metric="euclidean", counts=None):
    """A codebook of these vectors (K, D)."""
    vectors = np.asarray(vectors, np.float32)
    return Codebook(*vectors.shape, metric, vectors=vectors, counts=counts)


def signs(bits, scale=1.0):
    """The codebook of LFQ: all corners of a cube."""
    rule = LatticeRule("lfq", ((-scale, scale),) * bits, first_axis_most_significant=True)
    return Codebook(2**bits, bits, "implicit", rule=rule)


def lattice(*levels):
    """The codebook of FSQ, its axes from -1 to 1."""
    rule = LatticeRule("fsq", tuple(tuple(np.linspace(-1, 1, n).tolist()) for n in levels), False)
    return Codebook(rule.codebook_size, len(levels), "implicit", rule=rule)


def level_of(codebook, latents, codes=None, name="", sample=4096):
    """One level of latents (N, D); their codes are the nearest ones unless given."""
    latents = np.asarray(latents, np.float32)
    codes = assign(codebook, latents) if codes is None else np.asarray(codes)
    size, media = codebook.codebook_size, np.arange(len(codes)) // TOKENS_EACH
    counts = np.bincount(codes, minlength=size)
    halves = np.stack([np.bincount(codes[media % 2 == half], minlength=size) for half in (0, 1)])
    ends = np.unique(np.geomspace(1, len(codes), 40).astype(int))
    growth = np.array([[end, len(np.unique(codes[:end]))] for end in ends])
    rows = codebook.rows(codes).astype(np.float64)
    squared = np.square(latents - rows).sum(1)
    with np.errstate(invalid="ignore"):
        error = np.bincount(codes, weights=squared, minlength=size) / counts
    each = np.stack([np.bincount(codes[media == m], minlength=size) for m in np.unique(media)])  # (media, K)
    chosen = np.sort(np.random.default_rng(0).choice(len(codes), min(sample, len(codes)), replace=False))
    norms = np.linalg.norm(latents, axis=1)
    return LevelAudit(
        name=name,
        codebook_size=size,
        counts=counts,
        halves=halves,
        growth=growth,
        batches=np.array([_alone(codes[media == m]) for m in np.unique(media)]),
        error=error,
        latents=latents[chosen],
        latent_codes=codes[chosen].astype(np.int32),
        latent_norm=(float(norms.mean()), float(norms.std()), float(norms.max())),
        media=len(each),
        occurs=(each > 0).sum(0),
        stretches=each,
    )


def _alone(codes):
    share = np.unique(codes, return_counts=True)[1] / len(codes)
    return [len(codes), len(share), np.exp(-(share * np.log(share)).sum())]


def audit_of(*levels, **changes):
    """An audit of these levels, complete unless `changes` say otherwise."""
    media = tuple(f"{number}.png" for number in range(-(-levels[0].tokens // TOKENS_EACH)))
    known = {"title": "made", "tokenizer_id": None, "layout": "grid2d", "media": media, "skipped": (), "joint": None}
    return Audit(**{**known, "levels": levels, "planned": len(media), "seconds": 1.0, **changes})


def counted(counts, halves=None):
    """A level of counts alone, as from a file of indices."""
    counts = np.asarray(counts, np.int64)
    halves = np.stack([counts // 2, counts - counts // 2]) if halves is None else np.asarray(halves)
    tokens, used = int(counts.sum()), int(np.count_nonzero(counts))
    return LevelAudit("", len(counts), counts, halves, np.array([[tokens, used]]), np.empty((0, 3)))
