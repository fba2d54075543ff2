"""A map that takes long is put together once, whether it is kept or laid out."""

from types import SimpleNamespace

import numpy as np
import pytest

from explorer.pages.codebook import maps


@pytest.mark.parametrize("kept", [None, "a projection"])
def test_the_vectors_of_a_map_are_put_together_once(monkeypatch, kept):
    asked, given = [], []
    vectors = np.arange(6.0).reshape(3, 2)

    def put_together(audit, level, codebook, kind):
        asked.append((audit, level, codebook, kind))
        return vectors, "cosine", np.arange(3)

    def begin(*arguments):
        given.append(arguments)
        return SimpleNamespace(ask=lambda: 0.25, failed=False, close=lambda: None)

    monkeypatch.setattr(maps, "map_vectors", put_together)
    monkeypatch.setattr(maps, "kept_projection", lambda *arguments: kept)
    monkeypatch.setattr(maps, "cache_of", lambda owner: "nowhere")
    monkeypatch.setattr(maps, "Work", begin)
    opened = SimpleNamespace(key=f"made {kept}", owner="visitor", audit="audit", codebook=lambda level: f"book {level}")
    try:
        assert maps.projection(opened, 1, "tsne") == (kept or 0.25)
        assert asked == [("audit", 1, "book 1", "tsne")]
        assert given == ([] if kept else [(vectors, "cosine", "tsne", "visitor")])
    finally:
        maps.works.drop("visitor", (opened.key, 1, "tsne"))
