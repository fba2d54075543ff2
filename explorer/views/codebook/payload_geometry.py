"""The geometry of one level for the browser: norms, nearest codes, near-duplicates, singular values, cosines."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.analysis.codebook.geometry import Geometry, geometry_of
from explorer.analysis.codes.duplicates import LISTED, NEAR, Duplicates, near_duplicates
from explorer.analysis.codes.states import apart
from explorer.joints.audit import Audit
from explorer.joints.record import Codebook
from explorer.views.kit.wire.encoding import pack


def geometry_payload(audit: Audit, level: int, codebook: Codebook | None) -> dict[str, Any]:
    """What the geometry panel shows. K' codes are drawn: all, or those that `map_codes` chooses of a large codebook.

    Raises RecordError as `geometry_of`, or for vectors that are not finite.
    """
    measured = geometry_of(audit, level, codebook)
    nearest, beside = measured.nearest
    return {
        "codes": pack(measured.codes.astype(np.uint32)),
        "code_norms": pack(measured.norms.astype(np.float32)),
        # inf: the only code has no other beside it
        "nearest": pack(nearest.astype(np.float32)),
        "nearest_code": pack(np.maximum(beside, 0).astype(np.uint32)),
        "scale": measured.scale,
        **_duplicates(measured),
        "singular_values": measured.spectrum.singular_values.tolist(),
        "effective_dimension": measured.spectrum.effective_dimension,
        "cosine": _cosine(measured),
        **_latents(measured),
        "median": {
            "code_norm": float(np.median(measured.norms)),
            "nearest": _finite(np.median(nearest)),
            "latent_norm": None if measured.latents is None else float(np.median(measured.latent_norms)),
        },
        "notes": list(measured.notes),
    }


def _latents(measured: Geometry) -> dict[str, Any]:
    """What is known of the sampled latents; nulls without them."""
    known = measured.latent_spectrum
    if known is None:
        names = ("latent_norms", "latent_distance", "latent_singular_values")
        return dict.fromkeys((*names, "latent_effective_dimension"))
    return {
        "latent_norms": pack(measured.latent_norms.astype(np.float32)),
        "latent_distance": pack(measured.latent_distance.astype(np.float32)),
        "latent_singular_values": known.singular_values.tolist(),
        "latent_effective_dimension": known.effective_dimension,
    }


def _duplicates(measured: Geometry) -> dict[str, Any]:
    """The list of near-duplicates among the drawn codes: pairs in use first, then those with a code without tokens."""
    counted, codebook, codes, vectors = measured.counted, measured.codebook, measured.codes, measured.vectors
    scale, what = apart(counted, codebook)
    threshold = 0.0 if scale is None else NEAR * scale
    in_use = np.flatnonzero(counted.counts[codes])
    if codebook.rule is not None:
        every = alive = Duplicates(0.0, np.zeros(len(codes), bool), np.empty((0, 2), np.int64), np.empty(0), 0)
        words = "Codes of a lattice lie a whole step apart: none can be a duplicate."
    else:
        every, alive = near_duplicates(vectors, threshold), near_duplicates(vectors[in_use], threshold)
        words = f"Without {counted.given}s there is no measure of near: only codes that are exactly equal are listed."
        if scale is not None:
            words = f"Pairs of codes at most {threshold:.3g} apart: {NEAR:.0%} of {what}."
            if every.total:
                words += f" In {alive.total:,} of {every.total:,} pairs both codes are in use; these are listed first."
    rows = [(int(a), int(b), float(d)) for (a, b), d in zip(codes[in_use][alive.pairs], alive.distances, strict=True)]
    rows += [
        (int(a), int(b), float(d))
        for (a, b), d in zip(codes[every.pairs], every.distances, strict=True)
        if not (counted.counts[a] and counted.counts[b])
    ]
    if every.total > LISTED:
        words += f" {len(rows[:LISTED]):,} pairs are listed, the closest of each kind."
    return {
        "duplicates": [[a, b, d, int(counted.counts[a]), int(counted.counts[b])] for a, b, d in rows[:LISTED]],
        "duplicates_total": every.total,
        "duplicates_in_use": alive.total,
        "duplicate_threshold": every.threshold,
        "duplicate_words": words,
    }


def _cosine(measured: Geometry) -> dict[str, Any]:
    """Cosines as bytes: 0 is -1, 255 is 1."""
    known = measured.cosines
    return {
        "side": len(known.codes),
        "values": pack(np.round((known.values + 1) * 127.5).astype(np.uint8)),
        "codes": pack(known.codes.astype(np.uint32)),
        "words": known.words,
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
