"""The regions that a quantizer really uses: true nearest-code regions on a named 2-D slice of the latent space.

A Voronoi diagram of *projected* codes is not the partition of the latent space. So a plane is named and each of its
points, lifted back to D dimensions, is assigned as the quantizer would (`slice_regions`). Codebooks that are truly 2-D
with the euclidean metric need no slice: the browser cuts their exact cells (`kit/draw/voronoi.js`) inside `box_around`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.analysis.codes.neighbours import assign
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import Codebook

Box = tuple[float, float, float, float]  # x_min, x_max, y_min, y_max

_SLICE_BYTES = 32 * 2**20  # lifted grid points held at once
_PCA_ROWS = 16_384  # codes that orient a plane; more would not turn it
LEAST_SIDE = 0.6  # the shorter side of a slice, of the longer: codes that are nearly in line still show what is beside


@dataclass(frozen=True)
class SlicePlane:
    """A 2-D slice of the latent space: origin, axis_u, axis_v (D,) with orthonormal axes.

    extent (u_min, u_max, v_min, v_max) is what to draw of it. note names the plane for the screen.
    """

    origin: np.ndarray
    axis_u: np.ndarray
    axis_v: np.ndarray
    extent: Box
    note: str

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Feet of `vectors` (..., D) on the plane: (..., 2). A code off the plane need not lie in its own region."""
        return (vectors - self.origin) @ np.stack([self.axis_u, self.axis_v], axis=-1)


def box_around(points: np.ndarray, margin: float) -> Box:
    """A box that holds `points` (n, 2) and `margin` around them, as a share of their extent; never a mere strip.

    Points that all lie at one place get a box of their own distance from the origin, or of 1 there.
    """
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    longer = float((high - low).max()) or float(np.abs(low).max()) or 1.0
    room = margin * np.where(high > low, high - low, longer)
    low, high = low - room, high + room
    spare = np.maximum(LEAST_SIDE * (high - low).max() - (high - low), 0) / 2
    low, high = low - spare, high + spare
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def slice_regions(
    codebook: Codebook,
    origin: np.ndarray,
    axis_u: np.ndarray,
    axis_v: np.ndarray,
    extent: Box,
    resolution: int,
) -> np.ndarray:
    """The code of each point origin + u axis_u + v axis_v: (resolution, resolution) int32.

    Rows are v from v_min up, columns u from u_min up; points are pixel centres. Assigned in D dimensions by the
    codebook's own metric or rule.
    """
    if resolution < 1:
        raise SettingsError(f"a slice needs a resolution of at least 1, not {resolution}")
    u_min, u_max, v_min, v_max = extent
    centres = (np.arange(resolution) + 0.5) / resolution
    u, v = u_min + centres * (u_max - u_min), v_min + centres * (v_max - v_min)
    along_u = np.asarray(origin, np.float64) + u[:, None] * axis_u  # (R, D)
    regions = np.empty((resolution, resolution), np.int32)
    step = max(1, _SLICE_BYTES // (8 * along_u.size))
    for start in range(0, resolution, step):
        rows = v[start : start + step, None, None] * np.asarray(axis_v, np.float64)  # (r, 1, D)
        lifted = (along_u + rows).reshape(-1, along_u.shape[1])
        regions[start : start + step] = assign(codebook, lifted).reshape(-1, resolution)
    return regions


def plane_through(
    codebook: Codebook,
    kind: Literal["pca", "codes"] = "pca",
    codes: tuple[int, int, int] | None = None,
    margin: float = 0.15,
) -> SlicePlane:
    """A named plane: "pca" through the mean along the two largest variances, "codes" through three codes.

    A lattice varies alike along its axes, so its "pca" plane is spanned by its first two axes through its centre.
    margin: room around the codes on the plane, as a share of their extent. Raises RecordError if D is 1 or the
    three codes lie on one line, SettingsError for another kind.
    """
    if codebook.codebook_dim < 2:
        raise RecordError("a codebook of 1 dimension has no plane")
    if kind == "codes":
        if codes is None or len(codes) != 3:
            raise SettingsError("a plane through codes needs three of them")
        return _plane_of_codes(codebook, codes, margin)
    if kind != "pca":
        raise SettingsError(f"no plane is called {kind!r}; there are pca and codes")
    return _plane_of_lattice(codebook, margin) if codebook.rule is not None else _plane_of_table(codebook, margin)


def _plane_of_codes(codebook: Codebook, codes: tuple[int, int, int], margin: float) -> SlicePlane:
    a, b, c = codebook.rows(np.array(codes)).astype(np.float64)
    for code, vector in zip(codes, (a, b, c), strict=True):
        if not np.isfinite(vector).all():
            raise RecordError(f"code {code} is NaN or infinite, so it lies on no plane; choose another one")
    length = np.linalg.norm(b - a)
    axis_u = (b - a) / length if length > 0 else b - a
    rest = (c - a) - ((c - a) @ axis_u) * axis_u
    if length == 0 or np.linalg.norm(rest) < 1e-6 * max(length, np.linalg.norm(c - a)):
        raise RecordError(f"codes {codes[0]}, {codes[1]} and {codes[2]} lie on one line; choose another one")
    note = f"The plane through codes {codes[0]}, {codes[1]} and {codes[2]}: true nearest-code regions on this slice."
    return _plane(a, axis_u, rest / np.linalg.norm(rest), np.stack([a, b, c]), margin, note)


def _plane_of_table(codebook: Codebook, margin: float) -> SlicePlane:
    step = -(-codebook.codebook_size // _PCA_ROWS)
    vectors = codebook.vectors[::step].astype(np.float64)
    vectors = vectors[np.isfinite(vectors).all(axis=1)]
    if not len(vectors):
        raise RecordError("every code is NaN or infinite, so there is no plane through them")
    origin = vectors.mean(axis=0)
    variances, axes = np.linalg.eigh((vectors - origin).T @ (vectors - origin))
    axes = axes[:, ::-1][:, :2].T  # (2, D), largest variance first
    axes *= np.where(axes[np.arange(2), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    share = variances[-2:].sum() / variances.sum() if variances.sum() > 0 else 0.0
    note = (
        f"The plane through the codes' mean along their two largest variances ({share:.0%} of all): true "
        "nearest-code regions on this slice. Codes whose region does not meet the slice have none."
    )
    return _plane(origin, axes[0], axes[1], vectors, margin, note)


def _plane_of_lattice(codebook: Codebook, margin: float) -> SlicePlane:
    values = codebook.rule.axis_values
    centre = np.array([(min(v) + max(v)) / 2 for v in values])
    corners = np.stack([[f(v) for v in values] for f in (min, max)])
    axis_u, axis_v = np.eye(len(values))[:2]
    note = "The plane of the first two axes through the lattice's centre: true nearest-code regions on this slice."
    return _plane(centre, axis_u, axis_v, corners, margin, note)


def _plane(origin, axis_u, axis_v, vectors, margin: float, note: str) -> SlicePlane:
    """A plane whose extent holds the feet of `vectors` (n, D) and `margin` around them; never a mere strip."""
    feet = (vectors - origin) @ np.stack([axis_u, axis_v], axis=-1)
    return SlicePlane(origin, axis_u, axis_v, box_around(feet, margin), note)
