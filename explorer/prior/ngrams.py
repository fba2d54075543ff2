"""What little memory buys: bits of held-out tokens by their share alone, and by one token that came before. numpy only.

The pairs are smoothed towards the shares: p(b | a) = (n(a, b) + s p(b)) / (n(a) + s), the hierarchical Dirichlet model
of MacKay and Peto 1995, "A Hierarchical Dirichlet Language Model"; s is chosen on a tenth of the training pictures.
"""

from __future__ import annotations

import numpy as np

STRENGTHS = tuple(2.0**n for n in range(2, 15))
CHOSEN_ON = 10  # one picture in so many chooses the strength


def pairs_left(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(token on the left, token) of all tokens that have one: tokens (P, rows, columns) -> (n,), (n,)."""
    return tokens[:, :, :-1].ravel(), tokens[:, :, 1:].ravel()


def pairs_above(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(token above, token) of all tokens that have one."""
    return tokens[:, :-1].ravel(), tokens[:, 1:].ravel()


def shares(tokens: np.ndarray, codebook_size: int) -> np.ndarray:
    """p(code) (K,), each counted once more than it was seen, so that none is impossible."""
    counts = np.bincount(tokens.ravel(), minlength=codebook_size) + 1.0
    return counts / counts.sum()


def unigram_bits(tokens: np.ndarray, held_out: np.ndarray, codebook_size: int) -> float:
    """Bits a held-out token where the shares of codes are known, and nothing of what came before."""
    return float(-np.log2(shares(tokens, codebook_size)[held_out.ravel()]).mean())


def bigram_bits(tokens: np.ndarray, held_out: np.ndarray, codebook_size: int, pairs=pairs_left) -> float:
    """Bits a held-out token where one token before it is known, of those tokens that have one."""
    choosing = np.arange(len(tokens)) % CHOSEN_ON == 0
    tried = [_pair_bits(tokens[~choosing], tokens[choosing], codebook_size, pairs, strength) for strength in STRENGTHS]
    return _pair_bits(tokens, held_out, codebook_size, pairs, STRENGTHS[int(np.argmin(tried))])


def _pair_bits(tokens: np.ndarray, told: np.ndarray, size: int, pairs, strength: float) -> float:
    first, second = pairs(tokens)
    keys, counts = np.unique(first * size + second, return_counts=True)
    of_first = np.bincount(first, minlength=size)
    before, after = pairs(told)
    at = np.searchsorted(keys, before * size + after).clip(max=len(keys) - 1)
    found = np.where(keys[at] == before * size + after, counts[at], 0)
    p = (found + strength * shares(tokens, size)[after]) / (of_first[before] + strength)
    return float(-np.log2(p).mean())
