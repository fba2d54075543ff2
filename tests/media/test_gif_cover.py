"""GIF frames that do not fill their screen show what browsers show: nothing, where nothing was drawn."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from explorer.media.clips.video import load_video
from explorer.media.pictures.gif_cover import Cover
from explorer.media.pictures.image import load_image
from tests.media import made_pictures as made

PATCHES = made.PATCHES.reshape(-1, 3).astype(float)
RED, ORANGE, YELLOW = PATCHES[:3]
WHITE = np.array([255.0, 255.0, 255.0])


def square(colour: int, side: int = 4) -> np.ndarray:
    return np.full((side, side), colour, np.uint8)


def test_the_screen_around_a_small_frame_is_white():
    file = made.gif(made.gif_frame(square(1), at=(2, 3)), size=(10, 8))
    pixels = load_image(file).pixels * 255
    np.testing.assert_allclose(pixels[3:7, 2:6], np.broadcast_to(ORANGE, (4, 4, 3)), atol=0.01)
    pixels[3:7, 2:6] = WHITE
    np.testing.assert_allclose(pixels, 255, atol=0.01)
    assert "Transparent parts laid on white." in load_image(file).notes


def test_frames_stay_go_or_bring_back_what_was_before():
    """Disposal 1 leaves a frame, 2 clears its place, 3 brings back what was there (GIF89a, section 23)."""
    file = made.gif(
        *(made.gif_control(10, disposal=1), made.gif_frame(square(0), at=(0, 0))),
        *(made.gif_control(10, disposal=3), made.gif_frame(square(1), at=(2, 0))),
        *(made.gif_control(10, disposal=2), made.gif_frame(square(2), at=(0, 4))),
        *(made.gif_control(10), made.gif_frame(square(1, 2), at=(6, 6))),
        size=(8, 8),
    )
    frames = np.round(load_video(file).frames * 255)
    seen = [[frame[row, column] for row, column in ((1, 1), (1, 5), (5, 1), (7, 7))] for frame in frames]
    np.testing.assert_array_equal(
        seen,
        [
            [RED, WHITE, WHITE, WHITE],
            [RED, ORANGE, WHITE, WHITE],
            [RED, WHITE, YELLOW, WHITE],  # the second frame is gone
            [RED, WHITE, WHITE, ORANGE],  # and the place of the third is clear
        ],
    )


def test_other_pictures_are_left_as_they_are():
    cover, image = Cover(), Image.open(io.BytesIO(made.encoded(made.picture(), "PNG")))
    cover.add(image)
    image.load()
    assert cover.laid(image) is image
