"""From a TokenRecord to the values of the inspect page's views: numbers from analysis, pictures from the tokenizer."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from explorer.analysis.codecard import code_facts
from explorer.analysis.codemap import lattice_coordinates, map_codes
from explorer.analysis.exemplars import context, patches
from explorer.analysis.metrics import quality
from explorer.analysis.neighbours import margins, quantization_error
from explorer.analysis.projection import Projection, pca
from explorer.analysis.voronoi import Plane, cells, plane_through, slice_regions
from explorer.config import settings
from explorer.pages.session import Visit
from explorer.record import Codebook, TokenLevel, TokenRecord
from explorer.tokenizers import load_tokenizer
from explorer.tokenizers.base import Tokenizer
from explorer.views import code_card, reconstruction
from explorer.views.inspect_view import CodeMap, Raster

NEIGHBOURS = 6
CONTEXT_TOKENS = 3
SLICE_CODES, SLICE_PX = 4096, 160  # larger codebooks would show more borders than regions


def drawn_vectors(level: TokenLevel) -> tuple[np.ndarray, np.ndarray, str]:
    """The codes that a map draws (n,), their vectors (n, D), and a note on those left out."""
    book = level.codebook
    counts = np.bincount(level.indices.reshape(-1), minlength=book.codebook_size)
    drawn = map_codes(book, settings().limits.codebook_map_codes, counts)
    return drawn.codes, book.rows(drawn.codes), drawn.note


def code_maps(record: TokenRecord, umaps: dict[int, Projection] | None = None) -> list[CodeMap]:
    """The maps of all levels: the PCA (or the true plane) first, and the lattice's grid.

    With `umaps`, even empty, also what takes longer: the slice, and UMAP of the levels where it is done.
    """
    maps = []
    for number, level in enumerate(record.levels):
        codes, vectors, note = drawn_vectors(level)
        maps.append(_first_map(number, level.codebook, codes, vectors, note))
        if level.codebook.rule is not None:
            grid = lattice_coordinates(level.codebook.rule, codes)
            maps.append(CodeMap(number, "lattice", codes, grid.xy, _words(grid.note, note)))
        if umaps is None:
            continue
        if level.codebook.codebook_dim > 2 and level.codebook.codebook_size <= SLICE_CODES:
            maps.append(_slice_map(number, record.tokenizer_id, codes, vectors))
        if number in umaps:
            maps.append(CodeMap(number, "umap", codes, umaps[number].xy, _words(umaps[number].note, note)))
    return maps


def _first_map(number: int, book: Codebook, codes: np.ndarray, vectors: np.ndarray, note: str) -> CodeMap:
    """A codebook that is truly 2-D is drawn as it is, with its exact cells; any other by PCA."""
    if book.codebook_dim == 2 and book.metric == "euclidean" and len(codes) == book.codebook_size:
        low, high = vectors.min(0), vectors.max(0)
        room = 0.15 * np.maximum(high - low, 1e-6)
        box = (low[0] - room[0], high[0] + room[0], low[1] - room[1], high[1] + room[1])
        caption = f"All {len(codes):,} codes where they are, in 2 dimensions, with their exact Voronoi cells."
        return CodeMap(number, "plane", codes, vectors, caption, polygons=cells(vectors, box))
    plane = pca(vectors)
    return CodeMap(number, "pca", codes, plane.xy, _words(plane.note, note))


def _slice_map(number: int, tokenizer_id: str, codes: np.ndarray, vectors: np.ndarray) -> CodeMap:
    """The true nearest-code regions on a named plane, with the feet of the codes on it."""
    plane, regions = codebook_slice(tokenizer_id, number)
    seen = len(np.unique(regions))
    caption = (
        f"{plane.note} {seen:,} of {len(codes):,} codes own a region here; dots are the feet of the codes, "
        "which mostly lie off this plane."
    )
    xy = plane.project(vectors).astype(np.float32)
    return CodeMap(number, "slice", codes, xy, caption, raster=Raster(regions, plane.extent))


@functools.lru_cache(maxsize=64)
def codebook_slice(tokenizer_id: str, level: int) -> tuple[Plane, np.ndarray]:
    """The PCA plane of a codebook and the regions on it, (SLICE_PX, SLICE_PX) codes; the same for every picture."""
    book = load_tokenizer(tokenizer_id).codebooks()[level]
    plane = plane_through(book, "pca")
    return plane, slice_regions(book, plane.origin, plane.axis_u, plane.axis_v, plane.extent, SLICE_PX)


def _words(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def levels_shown(visit: Visit, num_levels: int) -> list[int] | None:
    """The levels that a mode decodes; None for all of them."""
    level = min(visit.level, num_levels - 1)
    if visit.mode == "solo":
        return [level]
    if visit.mode == "mute":
        return [q for q in range(num_levels) if q != level]
    return list(range(level + 1)) if visit.mode == "cumulative" else None


def noun_of(record: TokenRecord) -> str:
    """What a level is called on screen."""
    return "group" if record.combination == "concatenate" else "level"


def reconstruction_payload(record: TokenRecord, tokenizer: Tokenizer, visit: Visit) -> str:
    """The value of ReconstructionView: decoded from the levels that the visitor chose."""
    shown = levels_shown(visit, len(record.levels))
    decoded = record.reconstruction if shown is None else tokenizer.decode_levels(record, shown)
    figures = quality(record.media, decoded)
    grids = [level.layout.shape for level in record.levels]
    return reconstruction.payload(
        reconstruction.ReconstructionData(
            original=record.media,
            reconstruction=decoded,
            num_tokens=record.num_tokens,
            bits_uniform=record.bits_uniform,
            bits_empirical=record.bits_empirical,
            psnr_db=figures.psnr_db,
            ssim=figures.ssim,
            indices=[level.indices for level in record.levels],
            quantization_error=[quantization_error(v).reshape(g) for v, g in zip(record.levels, grids, strict=True)],
            margin=[margins(v).reshape(g) for v, g in zip(record.levels, grids, strict=True)],
            seconds=record.seconds,
            device=record.device,
            num_levels=len(record.levels),
            noun=noun_of(record),
            mode=visit.mode,
            levels_shown=shown,
            notes=record.notes,
        )
    )


def card_payload(record: TokenRecord, tokenizer: Tokenizer, level: int, code: int, token: int | None) -> str:
    """The value of CodeCard for one code, and the token it was chosen at, if any."""
    facts = code_facts(record, level, code, token, NEIGHBOURS)
    chosen = record.levels[level]
    near = [int(n) for n in facts.nearest]
    second = facts.at_token.second_code if facts.at_token else None
    pictured = [code, *near] + ([second] if second is not None and second not in near else [])
    alone = dict(zip(pictured, tokenizer.decode_alone(level, pictured), strict=True))
    counts = {n: int(np.count_nonzero(chosen.indices == n)) for n in pictured}
    found = patches(record, level, code, code_card.PATCHES_SHOWN)
    where = token if token is not None else (int(facts.positions[0]) if len(facts.positions) else None)
    data = code_card.CodeCardData(
        code=code,
        codebook_size=facts.codebook_size,
        num_tokens=facts.tokens,
        used_codes=facts.used_codes,
        tokens=facts.positions.tolist(),
        level=level,
        num_levels=len(record.levels),
        noun=noun_of(record),
        token=-1 if token is None else token,
        rank=facts.rank,
        grid=chosen.layout.shape if chosen.layout.kind == "grid2d" else None,  # type: ignore[arg-type]
        training_count=facts.training_count,
        training_total=facts.training_total,
        metric=facts.metric,
        patches=np.stack([patch.pixels for patch in found]) if found else None,
        alone=alone[code],
        context=_context(record, level, where),
        nearest=[
            code_card.NearCode(n, float(d), counts[n], alone[n]) for n, d in zip(near, facts.distances, strict=True)
        ],
        vector=facts.vector,
        digits=facts.digits,
        digit_levels=facts.digit_levels,
    )
    if facts.at_token is not None and second is not None:
        at = facts.at_token
        runner_up = code_card.NearCode(second, float(at.second_distance), counts[second], alone[second])
        data = replace(data, distance=at.distance, second=runner_up)
    return code_card.payload(data)


def _context(record: TokenRecord, level: int, token: int | None) -> code_card.Context | None:
    if token is None or record.levels[level].layout.kind != "grid2d":
        return None
    before = context(record, token, CONTEXT_TOKENS, level)
    after = context(record, token, CONTEXT_TOKENS, level, "reconstruction")
    return code_card.Context(before.pixels, after.pixels, before.box)
