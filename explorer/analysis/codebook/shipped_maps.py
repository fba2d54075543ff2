"""The maps of the codebooks that ship, under `assets/maps/`, so that a first look at them waits for none.

They are the UMAP of the codes, as Inspect shows it, and UMAP and t-SNE of codes and latents together, of the audit that
the codebook page opens with.

`python -m explorer.analysis.codebook.shipped_maps [ID ...]` makes those that are not there. A file's name is the digest
of its vectors (see `maps/projection.py`), so a map of other vectors is never found; a machine that rounds a computed
codebook (cosine, SimVQ) another way lays that one out itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.codebook.map_level import LAID_OUT, map_vectors
from explorer.analysis.maps.codes import UMAP_SEED, has_umap, map_codes, map_metric
from explorer.analysis.maps.projection import LaidOut, PointMetric, cached_projection
from explorer.audit.shipped import list_audits, load_shipped
from explorer.foundation.config import settings, shipped_maps
from explorer.tokenizers import list_tokenizers, load_tokenizer


@dataclass(frozen=True)
class ShippedMap:
    """What a map that ships is laid out from: vectors (n, D) and their metric. page: "inspect" or "codebook"."""

    tokenizer_id: str
    page: str
    kind: LaidOut
    vectors: np.ndarray
    metric: PointMetric


def vectors_of_maps(tokenizer_ids: Sequence[str] = ()) -> Iterator[ShippedMap]:
    """The maps of each codebook that ships and has a UMAP, of these tokenizers or of all."""
    for spec in list_tokenizers():
        if tokenizer_ids and spec.id not in tokenizer_ids:
            continue
        first = next(iter(list_audits(spec.id)), None)
        audit = load_shipped(spec.id, first) if first else None
        for level, book in enumerate(load_tokenizer(spec.id).codebooks()):
            if not has_umap(book):
                continue
            drawn = map_codes(book, settings().limits.codebook_map_codes).codes
            yield ShippedMap(spec.id, "inspect", "umap", book.rows(drawn), map_metric(book))
            for kind in LAID_OUT if audit else ():
                vectors, metric, _ = map_vectors(audit, level, book, kind)
                yield ShippedMap(spec.id, "codebook", kind, vectors, metric)


def main(tokenizer_ids: Sequence[str]) -> None:
    for one in vectors_of_maps(tokenizer_ids):
        made = cached_projection(one.vectors, one.kind, UMAP_SEED, shipped_maps(), one.metric)
        print(f"{one.tokenizer_id}, {one.page}: {made.note}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
