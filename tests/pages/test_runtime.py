"""What pages stand on: records of uploads, and the UMAP worker, which ends with its turn."""

import threading
import time

import numpy as np
import pytest

from explorer.foundation.errors import Cancelled, ExplorerError
from explorer.pages.shared import runtime
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.pages.shared.turns import MAPS, Turns


def test_an_upload_that_is_gone_is_said(tmp_path):
    with pytest.raises(ExplorerError, match="no longer on the server"):
        runtime.medium_of(Visit(picture=UPLOADED, upload=str(tmp_path / "gone.png")))


@pytest.mark.parametrize("left", [False, True], ids=["another choice", "the page was closed"])
def test_choosing_something_else_or_leaving_ends_a_running_umap(left, monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "settings", lambda: type("Settings", (), {"cache": tmp_path})())
    vectors = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    turns = Turns()
    steps = runtime.umap_in_background(vectors, "euclidean", turns, turns.begin(MAPS))
    assert next(steps) == 0.0
    threading.Timer(1.0, turns.close if left else lambda: turns.begin(MAPS)).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        for _ in steps:
            pass
    assert time.monotonic() - start < 30, "the worker must not be waited for"
    assert runtime._umap_turn.acquire(timeout=1), "the next one may start"
    runtime._umap_turn.release()
    assert list(tmp_path.glob("projection-*")) == []
