"""A comparison against the record, the measures and arithmetic by hand; failures, skips and stops."""

import math

import numpy as np
import pytest
from made_tokenizers import Greys, media_of, never, picture, spec_of
from skimage.metrics import peak_signal_noise_ratio

from explorer.compare.media import open_media
from explorer.compare.run import Options, check_tokenizers, compare_medium, run_comparison
from explorer.compare.table import make_table
from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.foundation.errors import MediaError, SettingsError

QUICK = Options(repeats=0, codecs=())


def test_a_cell_is_what_the_record_and_the_picture_say():
    image, tokenizer = picture(), Greys("greys", 16)
    compared = compare_medium("a", image, [tokenizer, Greys("two", 2)], Options(repeats=3, codecs=(), patch_px=16))
    cell = compared.medium.cell("greys")
    assert cell.tokens == 6 * 8 and cell.bits_uniform == 6 * 8 * 4
    codes = compared.records["greys"].levels[0].indices
    _, counts = np.unique(codes, return_counts=True)
    assert cell.bits_empirical == pytest.approx(-sum(n * math.log2(n / 48) for n in counts))
    decoded = compared.reconstructions["greys"]
    expected = peak_signal_noise_ratio(image.pixels.astype(float), decoded.astype(float), data_range=1.0)
    assert cell.fidelity.psnr_db == pytest.approx(expected)
    # Runs 2 to 4 are timed (1 warms up): encoding took 1 ms a run number, quantizing 0.5, decoding 2.
    assert cell.times.encode_ms == pytest.approx((2.5, 3.5, 4.5)) and cell.times.decode_ms == pytest.approx((4, 6, 8))
    assert tokenizer.runs == 4 and cell.levels == ()
    top, left, height, width = cell.worst.box
    patch = np.s_[top : top + height, left : left + width]
    assert cell.worst.mse == pytest.approx(np.square(image.pixels[patch] - decoded[patch]).mean(), rel=1e-5)


def test_levels_of_a_residual_tokenizer_are_cumulative():
    image, tokenizer = picture(), Greys("rvq", 4, levels=3)
    compared = compare_medium("a", image, [tokenizer, Greys("two", 2)], QUICK)
    cell, record = compared.medium.cell("rvq"), compared.records["rvq"]
    assert [one.bits_uniform for one in cell.levels] == [96, 192, 288] and cell.tokens == 3 * 48
    assert [one.bits_empirical for one in cell.levels] == pytest.approx(
        np.cumsum([level.bits_empirical for level in record.levels])
    )
    for one in cell.levels:
        decoded = tokenizer.decode_levels(record, range(one.levels))
        assert one.fidelity.psnr_db == pytest.approx(
            -10 * math.log10(np.square(image.pixels - decoded).mean()), rel=1e-4
        )
    assert cell.levels[-1].fidelity == cell.fidelity
    assert cell.levels[0].fidelity.psnr_db < cell.fidelity.psnr_db


def test_all_see_the_same_pixels_though_their_patches_differ():
    compared = compare_medium("a", picture(61, 90), [Greys("six", 4, patch=6), Greys("four", 4, patch=4)], QUICK)
    assert (compared.medium.height, compared.medium.width) == (60, 84)  # multiples of 12
    assert "multiples of 12" in compared.medium.notes[0]
    assert compared.medium.cell("six").tokens == 10 * 14 and compared.medium.cell("four").tokens == 15 * 21


def test_what_fails_is_listed_and_the_rest_goes_on():
    def odd_only(media):
        if media.shape[1] == 64:
            raise RuntimeError("a bug that the log gets")

    images = {"good": picture(), "bad": MediaError("It is damaged."), "wide": picture(48, 72)}
    made = [Greys("a", 4), Greys("b", 8, refuse=odd_only), Greys("c", 2, refuse=never)]
    seen, steps = [], []
    comparison = run_comparison(
        media_of(images), made, QUICK, lambda number, one: seen.append((number, one.medium.name)),
        lambda *step: steps.append(step),
    )  # fmt: skip
    assert comparison.skipped == (("bad", "It is damaged."),) and comparison.complete
    assert seen == [(0, "good"), (2, "wide")] and steps[1] == (1, 3, "bad")
    good, wide = comparison.media
    assert [name for name, _ in good.failures] == ["b", "c"] and "log" in good.failures[0][1]
    assert good.failures[1][1] == "It never works." and [one.tokenizer_id for one in wide.cells] == ["a", "b"]
    assert [spec.id for spec in comparison.working] == ["a", "b"] and comparison.shared == (wide,)


def test_values_that_are_not_numbers_are_a_failure():
    class Broken(Greys):
        def detokenize(self, indices):
            return super().detokenize(indices) * np.nan

    medium = compare_medium("a", picture(), [Greys("a", 4), Broken("b", 4)], QUICK).medium
    assert medium.failures[0][0] == "b" and "not numbers" in medium.failures[0][1]


def test_stopped_in_between_what_is_done_is_kept():
    calls = []

    def stop():
        calls.append(1)
        return len(calls) > 5  # two checks a tokenizer pair and one before each medium

    media = media_of({name: picture(seed=seed) for seed, name in enumerate("abcd")})
    comparison = run_comparison(media, [Greys("a", 4), Greys("b", 8)], QUICK, cancelled=stop)
    assert [medium.name for medium in comparison.media] == ["a"] and not comparison.complete
    assert comparison.planned == 4


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ([spec_of("a", 4)], "from 2 to 8 tokenizers, not 1"),
        ([spec_of(str(n), 4) for n in range(9)], "not 9"),
        ([spec_of("a", 4), spec_of("b", 4), spec_of("a", 4)], "given twice: a"),
        ([spec_of("a", 4), spec_of("b", 4, modality="audio")], r"a: image, b: audio"),
    ],
)
def test_tokenizers_that_cannot_be_compared(specs, words):
    with pytest.raises(SettingsError, match=words):
        check_tokenizers(specs)


def test_pictures_have_one_default_size_and_crops_are_left_as_they_are():
    """The size of the cards and of Inspect, so that one tokenizer on one picture has one PSNR."""
    media, made = open_media(["sample:astronaut", "preset:handwriting", "preset:face"]), [Greys("a", 4), Greys("b", 8)]
    found = run_comparison(media, made, QUICK)
    sizes = [(medium.width, medium.height) for medium in found.media]
    assert sizes == [(FIGURE_SIDE_PX, FIGURE_SIDE_PX), (448, 168), (192, 192)] and FIGURE_SIDE_PX == 256
    assert found.settings["side_px"] == 256 and list(media.crops) == [1, 2]
    asked = run_comparison(media, made, Options(repeats=0, codecs=(), side_px=128))
    assert [max(medium.width, medium.height) for medium in asked.media] == [128, 128, 128]
    assert "3 pictures from 192 x 192 px to 448 x 168 px" in make_table(found).sizes


def test_settings_out_of_range():
    for bad in ({"repeats": -1}, {"repeats": 21}, {"side_px": 4}, {"side_px": 99_999}):
        with pytest.raises(SettingsError):
            Options(**bad)
