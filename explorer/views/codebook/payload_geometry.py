"""The geometry of one level for the browser: norms, nearest codes, near-duplicates, singular values, cosines."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.analysis.codes.belonging import is_half
from explorer.analysis.codes.duplicates import LISTED, NEAR, Duplicates, near_duplicates
from explorer.analysis.codes.states import apart, typical_distance
from explorer.analysis.maps.codes import map_codes
from explorer.analysis.maps.geometry import (
    COSINE_SIDE,
    clustered_cosines,
    in_metric,
    latent_distances,
    lattice_nearest,
    nearest_others,
    spectrum,
)
from explorer.foundation.config import settings
from explorer.foundation.errors import RecordError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.measures.usage import rank_order
from explorer.joints.record import Codebook
from explorer.views.kit.wire.encoding import pack


def codebook_of(audit: Audit, level: int, codebook: Codebook | None, what: str) -> LevelAudit:
    """The audited level. Raises RecordError if there is no such level, or no codebook to draw `what` from."""
    if not 0 <= level < len(audit.levels):
        raise RecordError(f"level {level} is outside 0..{len(audit.levels) - 1}")
    if codebook is None:
        raise RecordError(
            f"{audit.title!r} was counted from plain indices: without the code vectors there is no {what}. "
            "Audit a tokenizer to see one."
        )
    return audit.levels[level]


def geometry_payload(audit: Audit, level: int, codebook: Codebook | None) -> dict[str, Any]:
    """What the geometry panel shows. K' codes are drawn: all, or those that `map_codes` chooses of a large codebook.

    Distances are Euclidean, for the cosine metric of the normalised vectors. Raises RecordError as `codebook_of`, or
    for vectors that are not finite.
    """
    counted = codebook_of(audit, level, codebook, "geometry")
    drawn = map_codes(codebook, settings().limits.codebook_map_codes, counted.counts)
    rows = np.asarray(codebook.rows(drawn.codes), np.float64)  # (K', D)
    vectors = in_metric(rows, codebook.metric)
    if codebook.rule is not None:
        nearest, beside = lattice_nearest(codebook.rule, drawn.codes)
    else:
        nearest, place = nearest_others(vectors)
        beside = drawn.codes[place]
    scale = typical_distance(counted, codebook)
    norms = np.linalg.norm(rows, axis=1)
    codes = spectrum(vectors)
    return {
        "codes": pack(drawn.codes.astype(np.uint32)),
        "code_norms": pack(norms.astype(np.float32)),
        # inf: the only code has no other beside it
        "nearest": pack(nearest.astype(np.float32)),
        "nearest_code": pack(np.maximum(beside, 0).astype(np.uint32)),
        "scale": scale,
        **_duplicates(counted, codebook, drawn.codes, vectors),
        "singular_values": codes.singular_values.tolist(),
        "effective_dimension": codes.entropy_dimension,
        "participation": codes.participation,
        "cosine": _cosine(counted, drawn.codes, rows),
        **_latents(counted, codebook),
        "median": {
            "code_norm": float(np.median(norms)),
            "nearest": _finite(np.median(nearest)),
            "latent_norm": None
            if counted.latents is None
            else float(np.median(np.linalg.norm(counted.latents.astype(np.float64), axis=1))),
        },
        "notes": _notes(counted, codebook, drawn.note),
    }


def _latents(counted: LevelAudit, codebook: Codebook) -> dict[str, Any]:
    """What is known of the sampled latents; nulls without them."""
    if counted.latents is None or not len(counted.latents):
        names = ("latent_norms", "latent_distance", "latent_singular_values")
        return dict.fromkeys((*names, "latent_effective_dimension", "latent_participation"))
    latents = counted.latents.astype(np.float64)
    known = spectrum(in_metric(latents, codebook.metric))
    away = latent_distances(codebook, latents, counted.latent_codes)
    return {
        "latent_norms": pack(np.linalg.norm(latents, axis=1).astype(np.float32)),
        "latent_distance": pack(away.astype(np.float32)),
        "latent_singular_values": known.singular_values.tolist(),
        "latent_effective_dimension": known.entropy_dimension,
        "latent_participation": known.participation,
    }


def _duplicates(counted: LevelAudit, codebook: Codebook, codes: np.ndarray, vectors: np.ndarray) -> dict[str, Any]:
    """The list of near-duplicates among the drawn codes: pairs in use first, then those with a code without tokens."""
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


def _cosine(counted: LevelAudit, codes: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
    """Cosines of up to COSINE_SIDE codes as bytes: 0 is -1, 255 is 1."""
    used = np.flatnonzero(counted.counts[codes])
    of = used if len(used) >= 2 else np.arange(len(codes))
    chosen = of
    if len(of) > COSINE_SIDE:  # an even share of them, from the most to the least used
        ranked = of[rank_order(counted.counts[codes[of]])]
        chosen = np.sort(ranked[np.arange(COSINE_SIDE) * len(ranked) // COSINE_SIDE])
    cosines, order = clustered_cosines(rows[chosen])
    kind = "codes in use" if len(used) >= 2 else "codes"
    share = f"all {len(of):,}" if len(of) == len(chosen) else f"{len(chosen):,} (evenly by rank) of {len(of):,}"
    return {
        "side": len(chosen),
        "values": pack(np.round((cosines + 1) * 127.5).astype(np.uint8)),
        "codes": pack(codes[chosen][order].astype(np.uint32)),
        "words": f"Cosines between {share} {kind}, seen from the origin, in the order of average-linkage clustering.",
    }


def _notes(counted: LevelAudit, codebook: Codebook, drawn_note: str) -> list[str]:
    notes = [drawn_note] if drawn_note else []
    if drawn_note and codebook.rule is None:
        notes.append("The nearest other code is looked for among the drawn ones, so its true distance may be smaller.")
    if codebook.metric == "cosine":
        notes.append("Distances are between normalised vectors (chords, 0 to 2), as the cosine metric compares them.")
    if codebook.rule is not None:
        notes.append("A lattice has no learned vectors: its norms and distances follow from its rule.")
    if counted.latents is not None:
        half = ", in half precision" if is_half(counted.latents) else ""  # an audit of before
        sampled = f"a uniform sample of {len(counted.latents):,} of {counted.tokens:,} tokens{half}."
        notes.append(f"{counted.given.capitalize()}s: {sampled}")
    return notes


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
