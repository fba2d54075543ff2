"""The codebook maps of the inspect page: the most telling one of each level first, slower ones as they are made.

A codebook without a table has its lattice first: its axes are all alike, so a PCA of LFQ or BSQ lays 2^D codes on four
dots and no share of the variance is larger than another.
"""

from __future__ import annotations

import numpy as np

from explorer.analysis.codes.voronoi import SlicePlane, box_around, plane_through, slice_regions
from explorer.analysis.maps.codes import DrawnCodes, lattice_coordinates, map_codes
from explorer.analysis.maps.projection import Projection, pca
from explorer.foundation.cache import Cache, share
from explorer.foundation.config import settings
from explorer.joints.record import Codebook, TokenLevel, TokenRecord
from explorer.joints.table_faults import one_point
from explorer.tokenizers import load_tokenizer, owner_of
from explorer.views.inspect.view import CodeMap, Raster

MARGIN = 0.15  # around the codes of a 2-D codebook, as a share of their extent
SLICE_CODES, SLICE_PX = 4096, 160  # larger codebooks would show more borders than regions
_slices = Cache("slices through codebooks", share(0.03))


def drawn_codes(level: TokenLevel) -> DrawnCodes:
    """The codes of a level that its maps draw."""
    book = level.codebook
    counts = np.bincount(level.indices.reshape(-1), minlength=book.codebook_size)
    return map_codes(book, settings().limits.codebook_map_codes, counts)


def code_maps(record: TokenRecord, umaps: dict[int, Projection] | None = None) -> list[CodeMap]:
    """The maps of all levels: the lattice, the true plane or the PCA first; none of a level without a finite code, nor
    of one whose codes are all the same.

    With `umaps`, even empty, also what takes longer: the slice, and UMAP of the levels where it is done.
    """
    maps = []
    for number, level in enumerate(record.levels):
        drawn, book = drawn_codes(level), level.codebook
        if (
            level.layout.kind == "graph"
            or not len(drawn.codes)
            or (book.vectors is not None and one_point(book.vectors))
        ):
            continue
        maps += _first_maps(number, book, drawn)
        if umaps is None:
            continue
        if book.codebook_dim > 2 and book.codebook_size <= SLICE_CODES:
            maps.append(_slice_map(number, record.tokenizer_id, book, drawn))
        if number in umaps:
            note = _words(umaps[number].note, drawn.note)
            maps.append(CodeMap(number, "umap", drawn.codes, umaps[number].xy, note))
    return maps


def _first_maps(number: int, book: Codebook, drawn: DrawnCodes) -> list[CodeMap]:
    """What is made at once: the lattice of a rule, the codes of a truly 2-D codebook with their cells, else a PCA."""
    codes, vectors = drawn.codes, book.rows(drawn.codes)
    maps = []
    if book.rule is not None:
        grid = lattice_coordinates(book.rule, codes)
        maps.append(CodeMap(number, "lattice", codes, grid.xy, _words(grid.note, drawn.note)))
        if set(book.rule.levels) == {2}:
            return maps
    elif book.codebook_dim == 2 and book.metric == "euclidean" and not drawn.sampled:
        caption = f"{len(codes):,} codes where they are, in 2 dimensions, with their exact Voronoi cells."
        box = box_around(vectors, MARGIN)
        return [CodeMap(number, "plane", codes, vectors, _words(caption, drawn.note), box=box)]
    plane = pca(vectors)
    return [*maps, CodeMap(number, "pca", codes, plane.xy, _words(plane.note, drawn.note))]


def _slice_map(number: int, tokenizer_id: str, book: Codebook, drawn: DrawnCodes) -> CodeMap:
    """The true nearest-code regions on a named plane, with the feet of the codes on it."""
    plane, regions = codebook_slice(tokenizer_id, number)
    seen = len(np.unique(regions))
    caption = (
        f"{plane.note} {seen:,} of {book.codebook_size:,} codes own a region here; dots are the feet of the codes, "
        "which mostly lie off this plane."
    )
    xy = plane.project(book.rows(drawn.codes)).astype(np.float32)
    return CodeMap(number, "slice", drawn.codes, xy, _words(caption, drawn.note), raster=Raster(regions, plane.extent))


def codebook_slice(tokenizer_id: str, level: int) -> tuple[SlicePlane, np.ndarray]:
    """The PCA plane of a codebook and the regions on it, (SLICE_PX, SLICE_PX) codes; the same for every picture."""

    def make() -> tuple[SlicePlane, np.ndarray]:
        book = load_tokenizer(tokenizer_id).codebooks()[level]
        plane = plane_through(book, "pca")
        return plane, slice_regions(book, plane.origin, plane.axis_u, plane.axis_v, plane.extent, SLICE_PX)

    return _slices.get((tokenizer_id, level), make, owner_of(tokenizer_id))


def _words(*notes: str) -> str:
    return " ".join(note for note in notes if note)
