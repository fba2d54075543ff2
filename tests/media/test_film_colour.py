"""Numbers of video become the colours that were meant: matrices, ranges and depths, to two levels of 255."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from explorer.media.clips.video import load_video

BT709, UNSAID, BT601, BT2020 = 1, 2, 6, 9  # ITU-T H.273, table 4
LIMITED, FULL = 1, 2
RED = (200, 30, 30)


def film_of(planes, matrix, wide, depth=8, height=48):
    """Two lossless frames of one Y', Cb, Cr, tagged."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as file:
        stream = file.add_stream("ffv1", rate=10)
        stream.width, stream.height = 64, height
        stream.pix_fmt = "yuv444p" if depth == 8 else "yuv444p16le"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, wide
        array = np.broadcast_to(np.array(planes, np.uint8 if depth == 8 else np.uint16)[:, None, None], (3, height, 64))
        for _ in range(2):
            laid = array if depth == 8 else np.moveaxis(array, 0, 2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(laid), format=stream.pix_fmt)
            frame.colorspace, frame.color_range = matrix, wide
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def planes_of(rgb, shares, wide, steps=1):
    """BT.709, 3.2 to 3.4, with other shares of red and blue: R'G'B' in 0..255 -> Y', Cb, Cr."""
    red, green, blue = (value / 255 for value in rgb)
    y = shares[0] * red + (1 - sum(shares)) * green + shares[1] * blue
    cb, cr = (blue - y) / (2 * (1 - shares[1])), (red - y) / (2 * (1 - shares[0]))
    if wide == FULL:
        return tuple(round(steps * value) for value in (255 * y, 255 * cb + 128, 255 * cr + 128))
    return tuple(round(steps * value) for value in (219 * y + 16, 224 * cb + 128, 224 * cr + 128))


def test_planes_of_bt709_are_not_read_as_bt601():
    """(73, 111, 203) is (200, 30, 30) in BT.709, and (186, 12, 32) would be BT.601."""
    seen = 255 * load_video(film_of((73, 111, 203), BT709, LIMITED)).frames[0, 20, 20]
    np.testing.assert_allclose(seen, RED, atol=2)
    other = 255 * load_video(film_of((73, 111, 203), BT601, LIMITED)).frames[0, 20, 20]
    np.testing.assert_allclose(other, (186, 12, 32), atol=2)


@pytest.mark.parametrize("colour", [RED, (20, 180, 90), (10, 10, 10), (255, 255, 255), (40, 60, 220)])
@pytest.mark.parametrize("wide", [LIMITED, FULL])
@pytest.mark.parametrize(
    ("matrix", "shares"), [(BT709, (0.2126, 0.0722)), (BT601, (0.299, 0.114)), (BT2020, (0.2627, 0.0593))]
)
def test_matrices_and_ranges_come_back_to_the_colour(matrix, shares, wide, colour):
    loaded = load_video(film_of(planes_of(colour, shares, wide), matrix, wide))
    np.testing.assert_allclose(255 * loaded.frames[0, 20, 20], colour, atol=2)
    assert loaded.notes == ()


def test_sixteen_bits_keep_what_eight_would_round():
    colour = (200.3, 30.6, 29.7)
    loaded = load_video(film_of(planes_of(colour, (0.2126, 0.0722), LIMITED, 256), BT709, LIMITED, depth=16))
    np.testing.assert_allclose(255 * loaded.frames[0, 20, 20], colour, atol=0.02)


@pytest.mark.parametrize(("height", "expected"), [(576, (186, 12, 32)), (720, RED)])
def test_what_is_not_said_is_taken_as_browsers_take_it(height, expected):
    """Chromium draws an untagged H.264 film of 704 x 576 as (186, 12, 32), and one of 1280 x 720 as (201, 30, 32)."""
    loaded = load_video(film_of((73, 111, 203), UNSAID, 0, height=height))
    np.testing.assert_allclose(255 * loaded.frames[0, 20, 5], expected, atol=2)
    assert any("BT.709 is taken" in note for note in loaded.notes) == (height == 720)
