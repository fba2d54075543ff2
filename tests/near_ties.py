"""Tokens of one picture from two processes: equal, but where two codes are equally near up to rounding.

Libraries sum a convolution in an order that hangs on processor, thread count and memory layout, so a latent moves by
some float32 roundings of the network's largest values, and a token between two codes may go to either.
"""

import numpy as np

from explorer.analysis.codes.neighbours import distance_to

ROUNDING = 1e-4  # of the longest latent: float32's 6e-8 over the some thousand terms of a network's sums
MOST_TIES = 0.02  # of the tokens; a wrong tokenizer differs in nearly all


def assert_same_codes(indices, level):
    """`indices` (N,) or (rows, columns) are those of `level`, a TokenLevel with latents, but for near ties."""
    told, known = np.asarray(indices).reshape(-1), level.indices.reshape(-1)
    assert told.shape == known.shape
    other = np.flatnonzero(told != known)
    assert len(other) <= MOST_TIES * len(known), f"{len(other)} of {len(known)} tokens differ"
    # A latent that moves by d is nearer to, or farther from, each of two codes by at most d.
    allowed = 2 * ROUNDING * np.linalg.norm(level.z_e, axis=-1).max()
    for token in other:
        distances = [distance_to(level.codebook, level.z_e[token], code) for code in (told[token], known[token])]
        assert distances[0] - distances[1] <= allowed, f"token {token}: {told[token]} for {known[token]}, {distances}"
