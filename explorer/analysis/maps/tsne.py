"""t-SNE of code vectors: van der Maaten and Hinton 2008, https://www.jmlr.org/papers/v9/vandermaaten08a.html.

scikit-learn's Barnes-Hut implementation from the PCA plane as its start. It tells of its progress only by printing,
each 50 iterations, so that is where progress and a wish to stop come in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np

from explorer.analysis.maps.progress_file import ProgressFile
from explorer.analysis.maps.projection import PointMetric, Projection, check_vectors, pca
from explorer.foundation.words import count_of

MIN_POINTS = 8  # fewer points have no neighbourhoods to lay out
PERPLEXITY = 30.0
ITERATIONS = 1000


def tsne(
    vectors: np.ndarray,
    metric: PointMetric = "euclidean",
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Projection:
    """t-SNE of `vectors` (n, D), the same for the same seed and machine, on one thread.

    progress gets the share done, 0..1; cancelled is asked every 50 iterations and raises Cancelled out of the work.
    While it runs, what the process prints is read for that, so it belongs into a process of its own. Fewer than
    MIN_POINTS different vectors give the PCA, and the note says so.
    """
    vectors = check_vectors(vectors)
    start = pca(vectors, seed)
    # Equal vectors are laid out once: as many zero distances they would fill each other's neighbourhoods.
    distinct, place = np.unique(vectors.astype(np.float32), axis=0, return_inverse=True)
    if len(distinct) < MIN_POINTS:
        note = f"Too few different vectors for t-SNE ({len(distinct)} of {len(vectors):,}), so this is the PCA. "
        return Projection(start.xy, "pca", note + start.note, seed, start.explained)
    listener = ProgressFile(r"Iteration (\d+)", progress, cancelled, ITERATIONS)
    listener.check()
    # scikit-learn takes a second to import: never at the start of the app.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    xy = pca(distinct).xy.astype(np.float64)
    perplexity = min(PERPLEXITY, (len(distinct) - 1) / 3)
    reducer = TSNE(
        perplexity=perplexity,
        metric=metric,
        init=1e-4 * xy / max(xy[:, 0].std(), 1e-12),
        max_iter=ITERATIONS,
        random_state=seed,
        n_jobs=1,
        verbose=2,
    )
    # One thread: several wait for each other at each of 1,000 short steps, for seconds where other work is running too.
    with threadpool_limits(1), contextlib.redirect_stdout(listener):  # type: ignore[type-var]
        laid_out = np.asarray(reducer.fit_transform(distinct), np.float32)
    listener.report(1.0)
    note = (
        f"t-SNE of {len(vectors):,} vectors in {count_of(vectors.shape[1], 'dimension')}, {metric} metric, perplexity "
        f"{perplexity:.0f}, seed {seed}. Only who is beside whom means something: distances between far points, sizes "
        "and densities of clusters do not; compare with the PCA."
    )
    return Projection(laid_out[place.reshape(-1)], "tsne", note, seed)
