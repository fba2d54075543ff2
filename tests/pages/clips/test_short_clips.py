"""Clips shorter than a step of the tokenizer, on Inspect."""

import json

import av
import numpy as np
import pytest
from made_codecs import bring_all

from explorer.pages.inspect import events
from explorer.pages.shared import runtime
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.views.kit.wire.encoding import unpack


@pytest.fixture(scope="module", autouse=True)
def brought():
    bring_all()


@pytest.mark.parametrize("frames", [1, 2])
def test_a_clip_shorter_than_a_step_is_shown(tmp_path, frames):
    with av.open(str(tmp_path / "short.mp4"), "w") as film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for _ in range(frames):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((32, 48, 3), 90, np.uint8), format="rgb24")))
        film.mux(stream.encode(None))
    upload = str(tmp_path / "short.mp4")
    visit = Visit(tokenizer="made-blocks", picture=UPLOADED, upload=upload, modality="video")
    view, player = map(events.everything(visit).get, ("view", "player"))
    record = runtime.record_of(visit)
    assert len(record.media) == {1: 1, 2: 5}[frames] and record.levels[0].layout.shape == ((frames, 4, 6))
    assert player and len(unpack(json.loads(view)["levels"][0]["indices"])) == frames * 24
