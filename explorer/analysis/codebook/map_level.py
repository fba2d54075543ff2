"""The codes and latents of one audited level that its maps draw, and what UMAP and t-SNE lay out together.

K' codes are drawn, m latents lie under them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from explorer.analysis.codebook.geometry import audited_level
from explorer.analysis.maps.codes import map_codes, map_metric
from explorer.analysis.maps.geometry import in_metric
from explorer.analysis.maps.projection import LaidOut, PointMetric, check_vectors
from explorer.foundation.config import settings
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook
from explorer.joints.table_faults import one_point, table_fault

LAID_OUT: tuple[LaidOut, ...] = get_args(LaidOut)
TSNE_CODES, JOINT_LATENTS = 3072, 1024  # laid out together: t-SNE of 4,096 points takes some 20 s


@dataclass(frozen=True)
class MapLevel:
    """What every map draws from."""

    counted: LevelAudit
    codebook: Codebook
    codes: np.ndarray  # (K',) int64
    note: str
    sampled: bool  # whether codes that have a place are not drawn

    def vectors(self) -> np.ndarray:
        """Drawn codes (K', D) as the metric sees them. Raises RecordError if some are not finite."""
        return check_vectors(in_metric(self.codebook.rows(self.codes), self.codebook.metric))

    def latents(self) -> np.ndarray | None:
        """Sampled latents (m, D) as the metric sees them, those that are finite; None without any."""
        kept = self.counted.latents
        kept = None if kept is None else kept[np.isfinite(kept).all(axis=1)]
        return in_metric(kept, self.codebook.metric) if kept is not None and len(kept) else None

    def joint_latents(self) -> np.ndarray:
        """The latents (m, D) laid out together with the codes: the first of a sample in random order of tokens."""
        latents = self.latents()
        if latents is None:
            return np.empty((0, self.codebook.codebook_dim))
        return latents[np.arange(min(JOINT_LATENTS, len(latents))) * len(latents) // min(JOINT_LATENTS, len(latents))]


def map_level(audit: Audit, level: int, codebook: Codebook | None, kind: str) -> MapLevel:
    """What a map of that kind draws of a level (from 0). Raises RecordError where there is nothing to draw."""
    counted = audited_level(audit, level, codebook, "map")
    limit = settings().limits.codebook_map_codes
    drawn = map_codes(codebook, min(limit, TSNE_CODES) if kind == "tsne" else limit, counted.counts)
    if not len(drawn.codes):
        raise RecordError("a map cannot be drawn: every code is NaN or infinite")
    if codebook.vectors is not None and one_point(codebook.vectors):
        raise RecordError(f"a map would be one point: {table_fault(codebook.vectors)}")
    return MapLevel(counted, codebook, drawn.codes, drawn.note, drawn.sampled)


def map_vectors(
    audit: Audit, level: int, codebook: Codebook | None, kind: str = "umap"
) -> tuple[np.ndarray, PointMetric, np.ndarray]:
    """What UMAP or t-SNE has to lay out: (vectors (K' + m, D) float32, codes first; metric; drawn codes (K',)).

    The m latents are part of it, since neither can place points that it was not fitted on.
    """
    if kind not in LAID_OUT:
        raise SettingsError(f"only umap and tsne are laid out beforehand, not {kind!r}")
    of = map_level(audit, level, codebook, kind)
    vectors, latents = of.vectors(), of.joint_latents()
    metric = map_metric(of.codebook)
    return np.concatenate([vectors, latents]).astype(np.float32), metric, of.codes
