"""The figures of a clip over time: their numbers, held to scikit-image and to counting."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from explorer import figures
from explorer.foundation.errors import RecordError
from explorer.media.medium import tokenized
from explorer.media.samples import SAMPLES
from explorer.tokenizers import load_tokenizer


@pytest.fixture(scope="module")
def clip():
    return tokenized(SAMPLES["shapes"].load(), load_tokenizer("clip-fsq", "cpu"), 96)


def points(figure, name):
    return next(trace for trace in figure.data if trace.name == name and trace.showlegend is not False)


def test_each_frame_has_the_psnr_and_ssim_that_scikit_image_gives(clip):
    figure = figures.frame_quality(clip)
    psnr, ssim = points(figure, "PSNR (dB)"), points(figure, "SSIM (of 1)")
    assert len(psnr.y) == len(ssim.y) == len(clip.media) and ssim.yaxis == "y2"
    for frame, (one, other) in enumerate(zip(clip.media, clip.reconstruction, strict=True)):
        one, other = one.astype(np.float64), other.astype(np.float64)
        assert psnr.y[frame] == pytest.approx(peak_signal_noise_ratio(one, other, data_range=1), abs=1e-6)
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": -1}
        assert ssim.y[frame] == pytest.approx(structural_similarity(one, other, data_range=1, **options), abs=1e-5)
    assert psnr.customdata.tolist() == list(range(len(clip.media)))
    worst = int(np.argmin(psnr.y))
    assert f"{np.mean(psnr.y):.2f} dB in the mean, lowest in frame {worst + 1}" in figure.layout.meta["words"]


def test_a_frame_that_is_decoded_exactly_has_no_finite_psnr_and_is_left_out_in_words(clip):
    decoded = clip.reconstruction.copy()
    decoded[2] = clip.media[2]
    figure = figures.frame_quality(replace(clip, reconstruction=decoded))
    psnr = points(figure, "PSNR (dB)")
    assert np.isnan(psnr.y[2]) and np.isfinite(np.delete(psnr.y, 2)).all()
    assert "1 decoded exactly left out" in figure.layout.meta["words"]
    assert "identical" in psnr.hovertext[2]


def test_new_and_known_codes_are_stacked_to_the_codes_of_each_step(clip):
    figure = figures.code_reuse(clip)
    steps = clip.levels[0].indices.reshape(clip.levels[0].layout.shape)
    known, new = points(figure, "codes used before"), points(figure, "new codes")
    stays = points(figure, "tokens as in the step before")
    seen = set()
    for step, plane in enumerate(steps):
        here = set(plane.ravel().tolist())
        assert (known.y[step], new.y[step]) == (len(here & seen), len(here - seen))
        seen |= here
    assert stays.y == pytest.approx([100 * (a == b).mean() for a, b in pairwise(steps)])
    assert figure.layout.barmode == "stack" and known.customdata.tolist() == [0, *range(1, len(clip.media), 4)]
    assert f"{len(set(steps[0].ravel().tolist()))} codes" in figure.layout.meta["words"]


def test_codes_stand_in_the_order_of_their_first_step(clip):
    figure = figures.codes_over_time(clip)
    heat, steps = figure.data[0], clip.levels[0].indices.reshape(clip.levels[0].layout.shape)
    assert heat.z.shape == heat.customdata.shape == (len(np.unique(steps)), len(steps))
    for row in (0, len(heat.z) // 2, len(heat.z) - 1):
        code = heat.customdata[row][0]
        counts = [int((plane == code).sum()) for plane in steps]
        assert heat.text[row].tolist() == counts
        assert [one or 0 for one in heat.z[row]] == counts and None not in [one for one in heat.z[row] if one]
    places = np.array([place for place, _ in heat.colorscale])
    assert places[0] == 0 and places[-1] == 1 and (np.diff(places) > 0).all() and heat.zmin == 1
    shares = np.log(1 + places * (heat.zmax - 1)) / np.log(heat.zmax)
    assert shares == pytest.approx(np.linspace(0, 1, len(places))), "colours go by the logarithm of the count"
    assert figure.layout.meta["pick"] == "code"


def test_what_is_no_clip_is_refused_in_words(clip):
    picture = tokenized(SAMPLES["astronaut"].load(), load_tokenizer("fsq", "cpu"), 64)
    for draw in (figures.frame_quality, figures.code_reuse, figures.codes_over_time):
        with pytest.raises(RecordError, match="Only a clip"):
            draw(picture)
        with pytest.raises(RecordError, match="level 3 is outside"):
            draw(clip, 3)


def test_a_clip_of_one_step_has_nothing_that_comes_again():
    shapes = SAMPLES["shapes"].load()
    alone = tokenized(replace(shapes, frames=shapes.frames[:1]), load_tokenizer("clip-fsq", "cpu"), 96)
    words = figures.code_reuse(alone).layout.meta["words"]
    assert words.startswith("The first of 1 step has ") and words.endswith("no later one that could use them again.")
    used = len(np.unique(alone.levels[0].indices))
    said = figures.codes_over_time(alone).layout.meta["words"]
    assert said == f"{used} of 4,096 codes in use in the one step of this clip."
