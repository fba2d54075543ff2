"""Maps of one level's codes for the browser: PCA, UMAP, t-SNE, the lattice, bit planes, the sphere, and true slices.

Each answer names what was fitted, on what, and over how many points. K' codes are drawn, m latents lie under them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.analysis.codebook.map_level import MapLevel, map_level
from explorer.analysis.codes.bits import axis_usage, bit_usage, corners
from explorer.analysis.codes.voronoi import SlicePlane, box_around, plane_through, slice_regions
from explorer.analysis.maps.codes import lattice_coordinates
from explorer.analysis.maps.projection import Projection, check_vectors, principal_axes, trustworthiness
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of
from explorer.joints.audit import Audit
from explorer.joints.record import Codebook
from explorer.views.kit.wire.encoding import pack

SLICE_SIDE, SLICE_SIDE_LARGE, LARGE = 160, 96, 4096  # pixels a side of a slice, fewer above LARGE codes
SPARE = 0.05  # room around the codes of a 2-D codebook


def map_payload(
    audit: Audit,
    level: int,
    codebook: Codebook | None,
    kind: str,
    codes: Sequence[int] | None = None,
    bits: Sequence[int] | None = None,
    projection: Projection | None = None,
) -> dict[str, Any]:
    """One map. codes: three for a plane through them. bits: three for the sphere, the first three if left out.
    projection: the layout of `map_vectors`, for umap and tsne.

    Raises SettingsError for a kind that this codebook does not have, RecordError without a codebook.
    """
    makers = _makers()
    if kind not in makers:
        raise SettingsError(f"no map is called {kind!r}; there are {', '.join(makers)}")
    of = map_level(audit, level, codebook, kind)
    norms = np.linalg.norm(np.asarray(codebook.rows(of.codes), np.float64), axis=1)
    error = np.full(len(of.codes), np.nan) if of.counted.error is None else of.counted.error[of.codes]
    answer = {
        "kind": kind,
        "codes": pack(of.codes.astype(np.uint32)),
        "norm": pack(norms.astype(np.float32)),
        "error": pack(error.astype(np.float32)),
        "latents": None,
        "density": None,
        "regions": None,
        "explained": None,
        "trustworthiness": None,
    }
    answer |= makers[kind](of, codes, bits, projection)
    answer["notes"] = [note for note in (*answer["notes"], of.note) if note]
    return answer


def map_kinds() -> tuple[str, ...]:
    """The names of all maps; which of them a codebook has is said when it is drawn."""
    return tuple(_makers())


def _makers() -> dict[str, Callable[..., dict[str, Any]]]:
    return {
        "pca": _pca,
        "umap": _laid_out,
        "tsne": _laid_out,
        "lattice": _lattice,
        "bits": _bits,
        "sphere": _sphere,
        "plane": _plane,
    }


def _pca(of: MapLevel, *_) -> dict[str, Any]:
    vectors, latents = of.vectors(), of.latents()
    dim = vectors.shape[1]
    mean, axes, shares = principal_axes(vectors)

    def place(points: np.ndarray) -> np.ndarray:
        xy = np.zeros((len(points), 2), np.float32)
        xy[:, : len(axes)] = (points - mean) @ axes.T
        return xy

    places = place(vectors)
    trusted, measured = trustworthiness(vectors, places)

    seen = "normalised code vectors" if of.codebook.metric == "cosine" else "code vectors"
    notes = [
        f"PCA fitted on {len(vectors):,} {seen} in {count_of(dim, 'dimension')}: x shows {shares[0]:.0%}, "
        f"y {shares[1]:.0%} of their variance; {measured}. "
        "It is a projection: regions on it are not the regions of the quantizer."
    ]
    if latents is not None:
        inside = _share_shown(latents, mean, axes)
        notes.append(
            f"Under them {len(latents):,} sampled {of.counted.given}s on the same plane, which shows {inside:.0%} of "
            "their variance around the codes' mean."
        )
    return {
        "xy": pack(places),
        "latents": None if latents is None else pack(place(latents)),
        "explained": [float(shares[0]), float(shares[1])],
        "trustworthiness": trusted,
        "notes": notes,
    }


def _share_shown(points: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> float:
    centred = points - mean
    total = np.square(centred).sum()
    return float(np.square(centred @ axes.T).sum() / total) if total > 0 else 0.0


def _laid_out(of: MapLevel, codes: object, bits: object, projection: Projection | None) -> dict[str, Any]:
    """UMAP or t-SNE, computed elsewhere."""
    latents = len(of.joint_latents())
    if projection is None:
        raise SettingsError("this map has to be laid out first")
    if len(projection.xy) != len(of.codes) + latents:
        raise RecordError(
            f"the layout has {len(projection.xy):,} points, expected {len(of.codes):,} codes and {latents:,} latents"
        )
    places = projection.xy.astype(np.float32)
    notes = [projection.note]
    if latents:
        notes.append(
            f"Laid out together: {len(of.codes):,} codes and {latents:,} sampled {of.counted.given}s under them."
        )
    return {
        "xy": pack(places[: len(of.codes)]),
        "latents": pack(places[len(of.codes) :]) if latents else None,
        "explained": None if projection.explained is None else list(projection.explained),
        "trustworthiness": projection.trustworthiness,
        "notes": notes,
    }


def _lattice(of: MapLevel, *_) -> dict[str, Any]:
    rule = of.codebook.rule
    if rule is None:
        raise SettingsError("only FSQ, LFQ and BSQ have a lattice; this codebook is a table of learned vectors")
    grid = lattice_coordinates(rule, of.codes)
    return {
        "xy": pack(grid.xy),
        "axis_usage": [share.tolist() for share in axis_usage(rule, of.counted.counts)],
        "notes": [grid.note],
    }


def _bits(of: MapLevel, *_) -> dict[str, Any]:
    usage = bit_usage(_sign_rule(of), of.counted.counts)
    correlation = [[_finite(value) for value in row] for row in usage.correlation]
    known = {
        "ones": usage.ones.tolist(),
        "entropy_bits": usage.entropy_bits.tolist(),
        "correlation": correlation,
        "tokens": usage.tokens,
    }
    note = f"Bits and their correlations (phi) are counted over {count_of(usage.tokens, 'token')}."
    answer = _lattice(of)
    return answer | {"bit_usage": known, "notes": [*answer["notes"], note]}


def _sphere(of: MapLevel, codes: object, bits: Sequence[int] | None, *_) -> dict[str, Any]:
    rule = _sign_rule(of)
    if len(rule.levels) < 3:
        raise SettingsError(f"a sphere needs three bits, these codes have {len(rule.levels)}")
    chosen = (0, 1, 2) if bits is None else tuple(int(bit) for bit in bits)
    xyz, tokens = corners(rule, of.counted.counts, chosen)
    latents = of.latents()
    names = ", ".join(str(bit + 1) for bit in chosen)
    notes = [
        f"The eight corners that bits {names} of {len(rule.levels)} make; each stands for "
        f"{2 ** (len(rule.levels) - 3):,} codes. Size and colour: tokens of {int(tokens.sum()):,}."
    ]
    if latents is not None:
        notes.append(
            f"{len(latents):,} sampled {of.counted.given}s: these three coordinates of each, moved out to the sphere. "
            f"The quantizer's own sphere has {len(rule.levels)} dimensions, so this is a projection of it."
        )
    return {
        "xyz": pack(xyz.astype(np.float32)),
        "corner_counts": tokens.tolist(),
        "bits": list(chosen),
        "latents": None if latents is None else pack(latents[:, chosen].astype(np.float32)),
        "notes": notes,
    }


def _sign_rule(of: MapLevel):
    rule = of.codebook.rule
    if rule is None or set(rule.levels) != {2}:
        raise SettingsError("only LFQ and BSQ have bits; this codebook has none")
    return rule


def _plane(of: MapLevel, codes: Sequence[int] | None, *_) -> dict[str, Any]:
    book = of.codebook
    if codes is None and book.codebook_dim == 2 and book.metric == "euclidean":
        return _cells(of)
    if codes is not None and not all(0 <= code < book.codebook_size for code in codes):
        raise SettingsError(f"codes {list(codes)} are not all in 0..{book.codebook_size - 1}")
    check_vectors(of.codebook.rows(of.codes))
    plane = plane_through(book, "pca") if codes is None else plane_through(book, "codes", tuple(codes))
    side = SLICE_SIDE_LARGE if book.rule is None and book.codebook_size > LARGE else SLICE_SIDE
    return _slice(of, plane, side)


def _slice(of: MapLevel, plane: SlicePlane, side: int) -> dict[str, Any]:
    """The code of each point of a plane, lifted back to all dimensions and assigned as the quantizer does."""
    book = of.codebook
    regions = slice_regions(book, plane.origin, plane.axis_u, plane.axis_v, plane.extent, side)
    seen = len(np.unique(regions))
    u_min, u_max, v_min, v_max = plane.extent
    place = book.rows(of.codes).astype(np.float64)
    notes = [
        plane.note,
        f"{seen:,} of {book.codebook_size:,} codes own a region here, looked up at {side} x {side} points in all "
        f"{book.codebook_dim} dimensions. Dots are the feet of codes; one off this plane need not lie in its region.",
    ]
    latents = of.latents()
    if latents is not None:
        notes.append(
            f"Under them the feet of {len(latents):,} sampled {of.counted.given}s, which mostly lie off this plane."
        )
    return {
        "xy": pack(plane.project(place).astype(np.float32)),
        "latents": None if latents is None else pack(plane.project(latents).astype(np.float32)),
        # Row 0 at the top of the picture, as pictures go.
        "regions": {"side": side, "codes": pack(regions[::-1].astype(np.uint32)), "box": [u_min, v_min, u_max, v_max]},
        "notes": notes,
    }


def _cells(of: MapLevel) -> dict[str, Any]:
    """A codebook that is truly 2-D: the browser cuts the exact Voronoi cells inside the box."""
    vectors, latents = of.vectors(), of.latents()
    x_min, x_max, y_min, y_max = box_around(vectors if latents is None else np.concatenate([vectors, latents]), SPARE)
    notes = [
        f"The codes as they are, in 2 dimensions: exact Voronoi cells of {len(vectors):,} codes. Nothing is projected."
    ]
    if of.sampled:
        notes.append("Cells are those of the drawn codes alone: with all of them they would be smaller.")
    return {
        "xy": pack(vectors.astype(np.float32)),
        "latents": None if latents is None else pack(latents.astype(np.float32)),
        "regions": {"cells": [x_min, y_min, x_max, y_max]},
        "notes": notes,
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
