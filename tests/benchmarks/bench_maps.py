"""Codebook maps at K = 16,384: PCA at once, UMAP once and then from the cache."""

import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.analysis.maps.projection import cached_projection, pca

CODES, DIM = 16_384, 8
UMAP_CODES = 1024  # of a shipped tokenizer


def measure() -> list[tuple[str, str, str]]:
    vectors = np.random.default_rng(0).normal(size=(CODES, DIM)).astype(np.float32)
    pca(vectors[:100])
    start = time.perf_counter()
    pca(vectors)
    pca_s = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            cached_projection(vectors[:UMAP_CODES], "umap", 0, Path(folder))
            seconds.append(time.perf_counter() - start)
    first, again = seconds
    return [
        (f"PCA map, K = {CODES:,}, D = {DIM}", f"{pca_s * 1000:.0f} ms", "0.5 s"),
        (f"UMAP map, K = {UMAP_CODES:,}, first in a process", f"{first:.1f} s (in the background)", "none"),
        ("the same from the cache", f"{again * 1000:.1f} ms", "none"),
    ]
