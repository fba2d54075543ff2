"""The UMAP maps of the codebooks that ship, under `assets/maps/`, so that a first look at them waits for none.

`python -m explorer.analysis.maps.shipped` makes them again. A file's name is the digest of its vectors (see
`projection.py`), so a map of other vectors is never found; a machine that rounds a computed codebook (cosine,
SimVQ) another way lays that one out itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.analysis.maps.codes import UMAP_SEED, has_umap, map_codes, map_metric
from explorer.analysis.maps.projection import PointMetric, cached_projection
from explorer.foundation.config import settings, shipped_maps
from explorer.tokenizers import list_tokenizers, load_tokenizer


def vectors_of_maps() -> Iterator[tuple[str, np.ndarray, PointMetric]]:
    """(tokenizer id, vectors (K', D), metric) of each codebook that ships and has a UMAP, as Inspect lays it out."""
    for spec in list_tokenizers():
        for book in load_tokenizer(spec.id).codebooks():
            if has_umap(book):
                drawn = map_codes(book, settings().limits.codebook_map_codes).codes
                yield spec.id, book.rows(drawn), map_metric(book)


def main() -> None:
    for tokenizer_id, vectors, metric in vectors_of_maps():
        made = cached_projection(vectors, "umap", UMAP_SEED, shipped_maps(), metric)
        print(f"{tokenizer_id}: {len(vectors):,} codes, {made.note}")


if __name__ == "__main__":
    main()
