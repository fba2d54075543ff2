"""One UMAP or t-SNE in a process of its own: `python -m explorer.analysis.maps.umap_worker FILE METRIC SEED CACHE
[KIND]`.

FILE holds the vectors (.npy), CACHE is a folder, KIND is umap (if left out) or tsne. UMAP's first call compiles for
seconds while holding the interpreter's lock, which would freeze every visitor of the server; a child process also can
be ended at once. It prints the share done, a line each, and leaves its result in the cache, where `cached_projection`
of the parent finds it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from explorer.analysis.maps.projection import cached_projection


def main(arguments: list[str]) -> int:
    """Compute the projection that the arguments name, reporting on stdout."""
    if hasattr(os, "nice"):
        os.nice(10)  # a map in the background must not slow the clicks in front
    vectors_file, metric, seed, cache_dir, *kind = arguments
    vectors = np.load(vectors_file, allow_pickle=False)
    answers = sys.stdout  # t-SNE reads sys.stdout while it runs, see `tsne.py`

    def report(share: float) -> None:
        print(f"{share:.3f}", flush=True, file=answers)

    name = kind[0] if kind else "umap"
    cached_projection(vectors, name, int(seed), Path(cache_dir), metric, progress=report)  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
