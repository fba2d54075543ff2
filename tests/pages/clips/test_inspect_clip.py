"""A clip on the Inspect page: its player's numbers, its figures, and the films to take away, held to other programs."""

import base64
import io
import json
import sys
from itertools import pairwise

import numpy as np
import pytest
from made_codecs import bring_all
from PIL import Image, ImageSequence
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from explorer.foundation.config import Limits
from explorer.media import writing
from explorer.media.clips.video import load_video
from explorer.pages.inspect import answers, events, page
from explorer.pages.inspect.clip import GAP_PX
from explorer.pages.inspect.wish import Wish
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit
from explorer.pages.shared.visitors import visitors
from explorer.views.kit.wire.encoding import unpack

VISIT = Visit(tokenizer="clip-fsq", picture="shapes", modality="video", side_px=256)


@pytest.fixture(scope="module", autouse=True)
def brought():
    bring_all()


@pytest.fixture(scope="module")
def visitor():
    visitor = visitors.enter("clip")
    list(page._all(visitor, VISIT))
    yield visitor
    visitors.leave("clip")


@pytest.fixture(scope="module")
def record(visitor):
    return runtime.record_of(VISIT)


def asked(visitor, what, **changes):
    turn = visitor.part(Wish).shown.turn
    return json.loads(answers.ask({"what": what, "token": visitor.token, "turn": turn} | changes))


def frames_of(answer):
    return load_video(base64.b64decode(answer["file"]["data"]), Limits(video_side_px=4096))


def test_the_player_says_of_each_frame_what_scikit_image_says(record):
    value = json.loads(events.decoded_values(VISIT)[0])
    assert len(value["quality"]) == len(record.media)
    for said, one, other in zip(value["quality"], record.media, record.reconstruction, strict=True):
        one, other = one.astype(np.float64), other.astype(np.float64)
        assert said["psnr"] == f"{peak_signal_noise_ratio(one, other, data_range=1):.2f} dB"
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": -1}
        assert float(said["ssim"]) == pytest.approx(
            structural_similarity(one, other, data_range=1, **options), abs=6e-4
        )


def test_the_player_has_the_change_of_each_position_with_numerator_and_denominator(record):
    change = json.loads(events.decoded_values(VISIT)[0])["changes"][0]
    steps = record.levels[0].indices.reshape(record.levels[0].layout.shape)
    expected = np.zeros(steps.shape[1:], int)
    for before, after in pairwise(steps):
        expected += before != after
    assert np.array_equal(unpack(change["counts"]), expected) and change["pairs"] == len(steps) - 1
    changed, possible = int(expected.sum()), expected.size * (len(steps) - 1)
    assert f"{changed:,} of {possible:,} tokens ({changed / possible:.1%})" in change["words"]


def test_the_psnr_of_the_clip_is_that_of_all_pixels_together(record):
    rows = {row["id"]: row for row in json.loads(events.decoded_values(VISIT)[1])["figures"]}
    expected = peak_signal_noise_ratio(record.media.astype(float), record.reconstruction.astype(float), data_range=1)
    assert rows["psnr_db"]["value"] == pytest.approx(expected, abs=1e-6)
    assert rows["psnr_db"]["of"] == "this clip, 25 frames of 192 x 192 px"


@pytest.mark.parametrize("figure", ["frame_quality", "code_reuse", "codes_over_time"])
def test_figures_are_of_the_clip_that_is_shown(visitor, figure):
    answer = asked(visitor, "clip", figure=figure, level=0, theme="dark")
    assert answer["ok"] and answer["figure"]["layout"]["meta"]["figure"] == figure
    assert "outside 0..0" in asked(visitor, "clip", figure=figure, level=4, theme="dark")["error"]["message"]


def test_what_is_no_clip_has_no_such_figure_and_no_film():
    visitor = visitors.enter("no clip")
    list(page._all(visitor, Visit(tokenizer="fsq", side_px=256)))
    said = asked(visitor, "clip", figure="code_reuse", level=0, theme="dark")["error"]["message"]
    assert said == "Only a clip is drawn over its frames and steps."
    assert asked(visitor, "film", kind="beside_gif")["error"]["message"] == "Only a clip is saved as a film."
    visitors.leave("no clip")


@pytest.mark.parametrize(("kind", "within"), [("decoded_webp", 0.51), ("decoded_mp4", 60)])
def test_a_film_holds_the_frames_that_are_shown(visitor, record, kind, within):
    answer = asked(visitor, "film", kind=kind)
    film = frames_of(answer)
    assert film.frames.shape == record.reconstruction.shape and film.frames_per_second == pytest.approx(12.5)
    error = np.abs(film.frames - np.clip(record.reconstruction, 0, 1)) * 255
    assert error.max() <= within and error.mean() < 2
    name, size = answer["file"]["name"], len(base64.b64decode(answer["file"]["data"]))
    assert name == f"clip-fsq_shapes_reconstruction.{kind.split('_')[1]}"
    assert answer["words"].startswith(f"Saved {name}, {size / 1024:,.0f} KiB.")


@pytest.mark.parametrize("kind", ["beside_mp4", "beside_gif"])
def test_a_film_side_by_side_has_the_original_on_the_left(visitor, record, kind):
    frames = frames_of(asked(visitor, "film", kind=kind)).frames
    width = record.media.shape[2]
    assert frames.shape == (*record.media.shape[:2], 2 * width + GAP_PX, 3)
    for part, expected in ((frames[:, :, :width], record.media), (frames[:, :, -width:], record.reconstruction)):
        assert np.abs(part - np.clip(expected, 0, 1)).mean() < 0.03
    assert (frames[:, :, width + 1 : width + GAP_PX - 1] > 0.9).all()


def test_without_the_part_for_mp4_the_others_are_offered_and_work(visitor, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)  # importing it fails
    answer = asked(visitor, "film", kind="decoded_mp4")
    assert not answer["ok"] and "pip install av" in answer["error"]["message"]
    assert "write .gif or .webp" in answer["error"]["message"]
    gif = Image.open(io.BytesIO(base64.b64decode(asked(visitor, "film", kind="decoded_gif")["file"]["data"])))
    assert (gif.format, gif.n_frames, gif.size) == ("GIF", 25, (192, 192))


@pytest.mark.parametrize("rate", [7, 12.5, 24, 30, 60])
def test_frames_of_a_gif_do_not_drift_from_their_times(rate):
    frames = np.random.default_rng(0).random((31, 8, 8, 3))
    shown = Image.open(io.BytesIO(writing.gif_bytes(frames, rate)))
    times = [frame.info["duration"] for frame in ImageSequence.Iterator(shown)]
    assert len(times) == 31 and min(times) >= writing.GIF_LEAST_MS
    if rate <= 50:  # faster ones are shown slower, which is said
        assert abs(np.cumsum(times) - 1000 * np.arange(1, 32) / rate).max() <= 5.001
    assert ("shown for 20 ms each" in writing.said_of(".gif", rate)) == (rate > 50)
