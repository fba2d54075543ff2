"""What faults of a part of a codebook are made of, and what is said of them."""

import numpy as np

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.analysis.codes.neighbours import assign
from tests.analysis.codebook.codebook_cases import CODES, audited, media, table


def told(*books, **given):
    audit, books = audited(*books, **given)
    return diagnose(audit, books)


def titles(found):
    return "; ".join(one.title for one in found)


def own(vectors, latents):
    return assign(table(vectors), latents.reshape(-1, latents.shape[-1])).reshape(latents.shape[:2])


def exchanged(vectors, rows):
    moved = np.array(vectors)
    moved[rows] = vectors[np.roll(rows, 1)]
    return moved


def rows(count, seed=0):
    return np.random.default_rng(seed).permutation(CODES)[:count]


def residual(sizes=(1.0, 0.7, 0.5), codes=64):
    """(codebooks, latents of the first level, tokens of each level) of a sum of levels."""
    latents = media(dim=8, kinds=24)
    random, books, tokens, left = np.random.default_rng(4), [], [], latents.reshape(-1, 8).astype(np.float64)
    for _ in sizes:
        start = left[random.choice(len(left), codes, replace=False)]
        for _ in range(6):
            chosen = assign(table(start), left)
            count = np.bincount(chosen, minlength=codes)
            sums = np.stack([np.bincount(chosen, left[:, d], codes) for d in range(8)], axis=1)
            start = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], start)
        books.append(start)
        tokens.append(assign(table(start), left))
        left = left - start[tokens[-1]]
    return books, latents, tokens


def given(books, latents, tokens):
    """What each level is given where a person has only the first latents: those less the codes before."""
    left, result = latents.reshape(-1, latents.shape[-1]).astype(np.float64), []
    for book, own_tokens in zip(books, tokens, strict=True):
        result.append(left.reshape(latents.shape))
        left = left - book[own_tokens]
    return result


def levels_told(books, latents, tokens):
    shaped = [own_tokens.reshape(latents.shape[:2]) for own_tokens in tokens]
    return told(*map(table, books), latents=given(books, latents, tokens), codes=shaped, combination="sum")
