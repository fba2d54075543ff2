"""The quantization error of tokens: how far their codes are from what the encoder gave."""

from __future__ import annotations

import numpy as np

from explorer.joints.record import TokenLevel


def quantization_error(level: TokenLevel) -> np.ndarray:
    """Squared distance |z_e - z_q|^2 of each token, for the cosine metric of the normalised vectors: (N,) float32."""
    z_e, z_q = level.z_e.astype(np.float64), level.z_q.astype(np.float64)
    if level.codebook.metric == "cosine":
        z_e, z_q = unit_rows(z_e), unit_rows(z_q)
    return np.square(z_e - z_q).sum(axis=-1).astype(np.float32)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """`vectors` (..., D) divided by their length; one without a length stays near 0."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
