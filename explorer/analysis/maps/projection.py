"""Codes on a plane: PCA, UMAP and t-SNE with their trustworthiness, and the cache that keeps them.

UMAP: McInnes, Healy and Melville 2018, https://arxiv.org/abs/1802.03426. Distances and cluster sizes on its map mean
little; PCA stays beside it. t-SNE is in `tsne.py`, lattices and the choice of drawn codes in `codemap.py`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from explorer.analysis.maps.compilation import keep_compiled
from explorer.analysis.maps.progress_file import ProgressFile
from explorer.analysis.maps.trust import trust
from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of

Kind = Literal["pca", "umap", "tsne", "lattice"]
LaidOut = Literal["umap", "tsne"]  # kinds that take seconds
PointMetric = Literal["euclidean", "cosine"]

MAX_CACHE_BYTES = 64 * 2**20
MIN_UMAP_POINTS = 8  # fewer points have no neighbourhoods to lay out
_CACHE_FORMAT = 1  # raised whenever a change of this module changes what it computes
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Projection:
    """A plane of n points: xy (n, 2) float32.

    explained: share of the variance along x and y, for PCA only. trustworthiness: 0..1, of the points it was
    measured on, None if not measured. note: what the picture does and does not show, for the screen.
    """

    xy: np.ndarray
    kind: Kind
    note: str
    seed: int = 0
    explained: tuple[float, float] | None = None
    trustworthiness: float | None = None


def pca(vectors: np.ndarray, seed: int = 0) -> Projection:
    """The plane of largest variance of `vectors` (n, D); a second axis of zeros if D is 1.

    Exact: `seed` is only kept with the result. Of each axis' two signs the one with the largest loading positive
    is taken, so that the same codes always give the same picture. Raises RecordError for NaN or no vectors.
    """
    vectors = check_vectors(vectors)
    mean, axes, shares = principal_axes(vectors)
    n, dim = vectors.shape
    xy = np.zeros((n, 2), np.float32)
    xy[:, : len(axes)] = (vectors - mean) @ axes.T
    explained = (float(shares[0]), float(shares[1]))
    note = (
        f"PCA of {n:,} vectors in {count_of(dim, 'dimension')}: x shows {explained[0]:.0%}, y {explained[1]:.0%} of "
        "the variance. The map is projected: regions on it are not the regions of the quantizer."
    )
    return Projection(xy, "pca", note, seed, explained)


def principal_axes(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean (D,), axes (2, D) or (1, D) if D is 1, shares (2,) of the variance) of finite `vectors` (n, D)."""
    mean = vectors.mean(axis=0)
    centred = vectors - mean  # (n, D)
    n, dim = centred.shape
    if n >= dim:
        variances, axes = np.linalg.eigh(centred.T @ centred)  # ascending; axes (D, D) in columns
        variances, axes = variances[::-1], axes[:, ::-1]
    else:
        _, singular, rows = np.linalg.svd(centred, full_matrices=False)
        variances, axes = np.square(singular), rows.T
    axes = axes[:, :2]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1, 1)
    total = np.square(centred).sum()
    shares = np.zeros(2)
    shares[: min(2, len(variances))] = np.clip(variances[:2] / total, 0, 1) if total > 0 else 0
    return mean, axes.T, shares


def umap(
    vectors: np.ndarray,
    metric: PointMetric = "euclidean",
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Projection:
    """UMAP of `vectors` (n, D), from the PCA plane as its start, the same for the same seed.

    progress gets the share done, 0..1; cancelled is asked between epochs and raises Cancelled out of the work.
    Fewer than MIN_UMAP_POINTS different vectors give the PCA, and the note says so.
    """
    vectors = check_vectors(vectors)
    start = pca(vectors, seed)
    distinct, place = np.unique(vectors.astype(np.float32), axis=0, return_inverse=True)
    if len(distinct) < MIN_UMAP_POINTS:
        note = f"Too few different vectors for UMAP ({len(distinct)} of {len(vectors):,}), so this is the PCA. "
        return Projection(start.xy, "pca", note + start.note, seed, start.explained)
    reporter = ProgressFile(r"(\d+)/(\d+)", progress, cancelled)
    reporter.check()
    # The import takes 2 s and the first call ever compiles for ten more: never at the start of the app.
    try:
        from umap import UMAP, layouts, umap_, utils
    except ImportError as error:
        raise SettingsError("A UMAP needs the package umap-learn: pip install umap-learn. A PCA needs none.") from error
    keep_compiled(umap_, utils, layouts)

    # Equal vectors are laid out once: as many zero distances they would fill each other's neighbourhoods.
    xy = pca(distinct).xy.astype(np.float64)
    rng = np.random.default_rng(seed)
    xy = 10 * xy / max(np.abs(xy).max(), 1e-12) + rng.normal(scale=1e-4, size=xy.shape)
    reducer = UMAP(
        n_neighbors=min(15, len(distinct) - 1),
        min_dist=0.1,
        metric=metric,
        init=xy.astype(np.float32),
        random_state=seed,
        n_jobs=1,  # a seed makes UMAP single-threaded in any case
        tqdm_kwds={"file": reporter, "disable": False, "mininterval": 0.1, "miniters": 1, "bar_format": "{n}/{total}"},
    )
    laid_out = np.asarray(reducer.fit_transform(distinct), np.float32)
    reporter.report(1.0)
    note = (
        f"UMAP of {len(vectors):,} vectors in {count_of(vectors.shape[1], 'dimension')}, {metric} metric, "
        f"seed {seed}. Distances between far points and sizes of clusters mean little; compare with the PCA."
    )
    return Projection(laid_out[place.reshape(-1)], "umap", note, seed)


def trustworthiness(
    vectors: np.ndarray, xy: np.ndarray, metric: PointMetric = "euclidean", seed: int = 0, limit: int = 2000
) -> tuple[float | None, str]:
    """(trustworthiness of the map 0..1, words saying of how many points): are neighbours on it true neighbours?

    Venna and Kaski 2001, 10 neighbours. Over `limit` points a seeded sample is measured, since the work grows with
    their square. None for fewer than 8 points.
    """
    vectors = check_vectors(vectors)
    n = len(vectors)
    if n < 8:
        return None, f"not measured: {n} points are too few"
    chosen = np.arange(n)
    if n > limit:
        chosen = np.sort(np.random.default_rng(seed).choice(n, limit, replace=False))
    neighbours = min(10, (len(chosen) - 1) // 2)  # the measure is defined below n / 2
    measured = vectors[chosen]
    if metric == "cosine":  # chords of directions are in the order of their angles
        measured = measured / np.maximum(np.linalg.norm(measured, axis=1, keepdims=True), 1e-12)
    value = trust(measured, xy[chosen], neighbours)
    sample = f"a sample of {limit:,} of {n:,} points" if n > limit else f"all {n:,} points"
    return value, f"trustworthiness {value:.2f} over {neighbours} neighbours, {sample}"


def cached_projection(
    vectors: np.ndarray,
    kind: Literal["pca", "umap", "tsne"],
    seed: int,
    cache_dir: Path,
    metric: PointMetric = "euclidean",
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Projection:
    """The projection from `cache_dir`, or computed and kept there.

    A file that cannot be read is rebuilt; a folder that cannot be written only costs the time of computing again.
    UMAP and t-SNE come with their trustworthiness. Raises SettingsError for another kind, Cancelled, RecordError.
    """
    if kind not in ("pca", "umap", "tsne"):
        raise SettingsError(f"no projection is called {kind!r}; there are pca, umap and tsne")
    path = Path(cache_dir) / f"projection-{_cache_key(vectors, kind, seed, metric)}.npz"
    kept = _read(path, len(vectors))
    if kept is not None:
        return kept
    if kind == "pca":
        result = pca(vectors, seed)
    else:
        from explorer.analysis.maps.tsne import tsne  # which imports this file

        lay_out = umap if kind == "umap" else tsne
        result = lay_out(vectors, metric, seed, progress, cancelled)
        value, words = trustworthiness(vectors, result.xy, metric, seed)
        result = Projection(**{**vars(result), "trustworthiness": value, "note": f"{result.note} It has {words}."})
    _write(path, result)
    return result


def check_vectors(vectors: np.ndarray) -> np.ndarray:
    """`vectors` as float64 (n, D). Raises RecordError for another shape, NaN or infinity."""
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise RecordError(f"a map needs vectors of shape (n, D), got {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise RecordError("a map cannot be drawn: some vectors hold NaN or infinity")
    return vectors


def _cache_key(vectors: np.ndarray, kind: str, seed: int, metric: str) -> str:
    array = np.ascontiguousarray(vectors)
    digest = hashlib.sha256(f"{_CACHE_FORMAT} {kind} {seed} {metric} {array.dtype.str} {array.shape}".encode())
    digest.update(array.data)
    return digest.hexdigest()


def _read(path: Path, n: int) -> Projection | None:
    """The kept projection of n points, or None if there is none that can be read."""
    try:
        with path.open("rb") as opened, open_arrays(opened, path.name, "it is no whole .npz") as file:
            xy, explained, trust = file["xy"], file["explained"], float(file["trustworthiness"])
            kind, note, seed = str(file["kind"]), str(file["note"]), int(file["seed"])
        if xy.shape != (n, 2) or xy.dtype != np.float32 or not np.isfinite(xy).all():
            raise ValueError(f"xy is {xy.dtype} of shape {xy.shape}")
        with suppress(OSError):  # a folder that may only be read
            os.utime(path)  # the oldest unused file is the first to go
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever a damaged zip file raises, the answer is to compute it again
        _log.warning("kept projection %s cannot be read and is computed again: %s", path.name, error)
        return None
    shares = (float(explained[0]), float(explained[1])) if explained.size == 2 else None
    return Projection(xy, kind, note, seed, shares, None if np.isnan(trust) else trust)  # type: ignore[arg-type]


def _write(path: Path, result: Projection) -> None:
    """Keep `result`: written beside and renamed, so that no reader ever sees half a file."""
    fields = asdict(result)
    fields["explained"] = np.array(result.explained or (), np.float64)
    fields["trustworthiness"] = np.nan if result.trustworthiness is None else result.trustworthiness
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="writing-", suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            np.savez_compressed(file, **fields)
        os.replace(temporary, path)
        _make_room(path)
    except OSError as error:
        _log.warning("projection is not kept: %s", error)
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _make_room(newest: Path) -> None:
    """Delete the longest unused projections beside `newest` until all of them fit MAX_CACHE_BYTES."""
    kept = [(p.stat().st_mtime, p.stat().st_size, p) for p in newest.parent.glob("projection-*.npz") if p != newest]
    total = newest.stat().st_size + sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= MAX_CACHE_BYTES:
            break
        path.unlink(missing_ok=True)
        total -= size
