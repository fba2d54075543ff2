"""Maps of the codebook page that take seconds, see `shared.map_works`; what was laid out is kept."""

from __future__ import annotations

from functools import cache

import numpy as np

from explorer.analysis.codebook.map_level import map_vectors
from explorer.analysis.maps.projection import Projection
from explorer.foundation.cache import Cache, share
from explorer.pages.codebook.audits import OpenAudit
from explorer.pages.shared.map_works import Work, works
from explorer.pages.shared.runtime import cache_of, kept_projection

_done = Cache("maps of codebooks", share(0.03))


def projection(opened: OpenAudit, level: int, kind: str) -> float | Projection:
    """The layout of the codes and latents of a level, or the share of it that is done.

    kind: one of LAID_OUT. Raises ExplorerError where there is nothing to lay out, or the work failed.
    """
    key = (opened.key, level, kind)
    found = _done.peek(key, opened.owner)
    if found is not None:
        return found

    @cache  # once, whether the map is kept or begun
    def put_together() -> tuple[np.ndarray, str]:
        vectors, metric, _ = map_vectors(opened.audit, level, opened.codebook(level), kind)
        return vectors, metric

    if not works.going(opened.owner, key):
        kept = kept_projection(*put_together(), cache_of(opened.owner), kind)
        if kept is not None:  # at once: no thread, and no second question of the browser
            _done.put(key, kept, opened.owner)
            return kept

    def begin() -> Work:
        return Work(*put_together(), kind, opened.owner)

    found = works.get(opened.owner, key, begin).ask()
    if isinstance(found, Projection):
        _done.put(key, found, opened.owner)
        works.drop(opened.owner, key)
    return found
