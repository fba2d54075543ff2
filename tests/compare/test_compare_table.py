"""Means, spread, quartiles, pooled entropy and curves against numbers worked out by hand."""

import math
import statistics

import numpy as np
import pytest
from made_tokenizers import Greys, media_of, picture, spec_of

from explorer.analysis.codes.definitions import DEFINITIONS
from explorer.compare.columns import columns_of
from explorer.compare.kinds import KINDS
from explorer.compare.rates import codec_words, rate_curves, reference_points, value_words
from explorer.compare.result import Cell, Comparison, MediumFigures, RatePoint
from explorer.compare.run import Options, run_comparison, wanted_bits
from explorer.compare.spread import cell_text, quartiles, spread
from explorer.compare.table import equal_bits_words, make_table, size_words
from explorer.compare.timing import Timing
from explorer.foundation.errors import RecordError
from explorer.media.quality.fidelity import Fidelity, WorstPatch

COLUMN = {column.key: column for column in columns_of(KINDS["image"])}


def cell(name, psnr, bits=64, codes=(0, 1), counts=(8, 8), ms=(1.0, 5.0, 2.0), ssim=0.5, levels=()):
    found = Fidelity(psnr, ssim, None, 0.1, 0.05)
    histogram = ((np.array(codes), np.array(counts)),)
    times = Timing(tuple(ms), tuple(ms), tuple(range(len(ms))))
    return Cell(name, 16, bits, bits / 2, found, WorstPatch((0, 0, 8, 8), 0.1), times, levels, histogram)


def comparison(media, specs=("a", "b"), **changes):
    facts = dict(title="T", skipped=(), planned=len(media), device="cpu", seconds=1.0, settings={})
    return Comparison(specs=tuple(spec_of(name, 4) for name in specs), media=tuple(media), **(facts | changes))


def medium(name, *cells, failures=()):
    return MediumFigures(name, 8, 16, (), cells, failures)


def test_means_and_spread_by_hand():
    both = [
        medium("x", cell("a", 20.0, bits=64), cell("b", 30.0, bits=128)),
        medium("y", cell("a", 24.0, bits=64), cell("b", 31.0, bits=128, ms=(4.0, 4.0, 9.0))),
    ]
    table = make_table(comparison(both))
    a, b = table.rows
    assert a.cells["psnr_db"].mean == 22 and a.cells["psnr_db"].deviation == pytest.approx(statistics.stdev([20, 24]))
    assert a.cells["bpp_uniform"].mean == 64 / 128 and a.cells["bpp_empirical"].mean == 0.25
    assert a.cells["ratio"].mean == 48 and b.cells["ratio"].mean == 24
    assert a.cells["encode_ms"] == quartiles([1, 5, 2, 1, 5, 2])
    assert (b.cells["encode_ms"].median, b.cells["encode_ms"].count) == (4, 6)  # of 1, 2, 4, 4, 5, 9
    assert (b.cells["encode_ms"].low, b.cells["encode_ms"].high) == (2.5, 4.75)  # a quarter of the way, interpolated
    assert a.cells["ms_ssim"] is None and (a.cells["codebook_size"], a.cells["num_quantizers"]) == (4, 1)
    assert a.cells["licence"] == "MIT" and table.sizes == "2 pictures each of 16 x 8 px"
    assert cell_text(COLUMN["psnr_db"], a.cells["psnr_db"]) == "22.00 ± 2.83"
    assert cell_text(COLUMN["bpp_uniform"], a.cells["bpp_uniform"]) == "0.500"
    assert cell_text(COLUMN["encode_ms"], b.cells["encode_ms"]) == "4.0 (2.5 to 4.8)"
    assert cell_text(COLUMN["encode_ms"], quartiles([3])) == "3.0" and quartiles([]) is None
    assert cell_text(COLUMN["ms_ssim"], None) == "not measured" and cell_text(COLUMN["parameters"], 1234) == "1,234"
    assert a.number("psnr_db") == 22 and a.number("parameters") == 4 and a.number("licence") is None


def test_means_are_over_the_media_of_all_that_work():
    media = [medium("x", cell("a", 20.0), cell("b", 30.0)), medium("y", cell("a", 10.0), failures=(("b", "why"),))]
    table = make_table(comparison(media, "abc"))  # c gave nothing at all
    assert [row.tokenizer_id for row in table.rows] == ["a", "b"] and table.media == 1
    assert table.rows[0].cells["psnr_db"] == spread([20.0])
    apart = make_table(comparison([medium("x", cell("a", 20.0)), medium("y", cell("b", 10.0))]))
    assert apart.media == 0 and all(row.cells["psnr_db"] is None for row in apart.rows) and "psnr_db" not in apart.best


def test_infinite_and_missing_figures():
    assert spread([math.inf, math.inf]).mean == math.inf and spread([None, None]) is None and spread([]) is None
    some = spread([math.inf, 20.0, 30.0, None])
    assert (some.mean, some.count, some.identical, some.opposite) == (25, 2, 1, 0)
    assert cell_text(COLUMN["psnr_db"], some, 4) == "25.00 ± 7.07 (2 of 4, 1 identical left out)"
    assert cell_text(COLUMN["psnr_db"], spread([20.0, None]), 2) == "20.00 (1 of 2, the others not measured)"
    assert cell_text(COLUMN["psnr_db"], spread([math.inf])) == "∞ (identical)"
    assert cell_text(COLUMN["psnr_db"], spread([-math.inf, -math.inf]), 2) == "-∞ (nothing in common)"
    assert spread([math.inf, -math.inf]) is None


def test_what_the_figures_are_over_is_said():
    kind = KINDS["image"]
    small, large = medium("x"), MediumFigures("y", 512, 384, (), ())
    assert size_words([small], kind) == "1 picture of 16 x 8 px"
    assert size_words([large, small, small], kind) == "3 pictures from 16 x 8 px to 384 x 512 px"
    sound = MediumFigures(
        "s", 256, 768, (), (), facts={"seconds": 1.5, "sample_rate_hz": 8000, "channels": 1}, size=1500.0
    )
    assert size_words([sound], KINDS["audio"]) == "1 sound of 1.50 s at 8,000 Hz"
    assert "of a whole picture as it was compared" in COLUMN["psnr_db"].words
    for key, term in (("psnr_db", "psnr"), ("bpp_empirical", "entropy")):  # the same sentences as on all other pages
        assert DEFINITIONS[term].words.removesuffix(".") in COLUMN[key].words


def test_pooled_entropy_is_of_the_histogram_of_all_media():
    media = [
        medium("x", cell("a", 20.0, codes=(0, 1), counts=(8, 8)), cell("b", 20.0, codes=(3,), counts=(16,))),
        medium("y", cell("a", 20.0, codes=(1, 7), counts=(4, 12)), cell("b", 20.0, codes=(3,), counts=(16,))),
    ]
    pooled = make_table(comparison(media)).pooled_rate
    shares = np.array([8, 12, 12]) / 32  # codes 0, 1 and 7
    assert pooled["a"] == pytest.approx(32 * -(shares * np.log2(shares)).sum() / 256) and pooled["b"] == 0


def test_unequal_bits_are_said():
    same = make_table(comparison([medium("x", cell("a", 20.0), cell("b", 30.0))]))
    other = make_table(comparison([medium("x", cell("a", 20.0), cell("b", 30.0, bits=256))]))
    assert equal_bits_words(same) == "" and "from 0.500 to 2.000 bits/pixel" in equal_bits_words(other)
    assert "more bits usually make a better picture, so" in equal_bits_words(other)


def test_fewer_bits_that_made_a_better_picture_are_named():
    """Of two such pairs that whose figures are furthest apart: c has a quarter of the bits of b and 4 dB more."""
    cells = cell("a", 20.0), cell("b", 22.0, bits=256), cell("c", 26.0), cell("d", 25.0, bits=256)
    said = equal_bits_words(make_table(comparison([medium("x", *cells)], specs="abcd")))
    assert "(not always: PSNR 26.00 dB of 4 greys at 0.500, 22.00 dB of 4 greys at 2.000)" in said


def test_curves_are_means_over_media_and_levels():
    def points(db):
        return tuple(RatePoint(n, 32 * n, 16 * n, Fidelity(db + n, 0.5, None, 0.1, 0.1)) for n in (1, 2))

    media = [
        medium("x", cell("a", 20.0), cell("b", 12.0, levels=points(10))),
        medium("y", cell("a", 22.0), cell("b", 22.0, levels=points(20))),
    ]
    single, levels = rate_curves(comparison(media))
    assert (single.kind, levels.kind) == ("tokenizer", "levels")
    assert [(p.rate, p.rate_other, p.values["psnr_db"]) for p in single.points] == [(0.5, 0.25, 21)]
    assert [(p.name, p.rate, p.rate_other, p.values["psnr_db"]) for p in levels.points] == [
        ("b, 1 level", 0.25, 0.125, 16), ("b, 2 levels", 0.5, 0.25, 17),
    ]  # fmt: skip
    assert single.points[0].values["ms_ssim"] is None and single.points[0].media == 2


def test_codecs_are_at_their_own_measured_bits():
    made = [Greys("a", 16), Greys("r", 16, levels=2)]
    found = run_comparison(media_of({"x": picture(), "y": picture(seed=1)}), made, Options(repeats=0))
    names = [name for name, _ in wanted_bits(found.media[0])]
    assert names == ["a", "r, 1 level", "r"]
    for codec in ("jpeg", "webp"):
        for counted in ("payload", "file"):
            points = reference_points(found, codec, counted)
            assert list(points) == names
            assert vars(points["a"]) == vars(points["r, 1 level"]) | {"name": "a"}  # of equal bits
            assert points["a"].wanted == pytest.approx(found.media[0].cell("a").bits_uniform / found.media[0].extent)
            ones = [
                one
                for medium in found.media
                for one in medium.references
                if (one.codec, one.counted) == (codec, counted) and "r" in one.names
            ]
            pixels = [medium.extent for medium in found.media]
            bpp = [one.payload_bits / n for one, n in zip(ones, pixels, strict=True)]
            assert points["r"].rate == pytest.approx(np.mean(bpp)) and points["r"].rate_other > points["r"].rate
            assert points["r"].values["psnr_db"] == pytest.approx(np.mean([one.fidelity.psnr_db for one in ones]))
    curves = rate_curves(found)
    assert [curve.id for curve in curves] == ["a", "r", "jpeg", "webp"]
    for curve in curves[2:]:
        rates = [point.rate for point in curve.points]
        assert rates == sorted(rates) and len(set(rates)) == len(rates)


def test_a_mean_of_a_curve_says_what_it_leaves_out():
    media = [medium("x", cell("a", math.inf), cell("b", 10.0)), medium("y", cell("a", 20.0), cell("b", 12.0))]
    one, other = rate_curves(comparison(media))
    assert one.points[0].values["psnr_db"] == 20 and one.points[0].left_out == {"psnr_db": 1}
    assert value_words(KINDS["image"], "psnr_db", one.points[0]) == "PSNR 20 dB, mean of 1 of 2 pictures: 1 not finite"
    assert value_words(KINDS["image"], "psnr_db", other.points[0]) == "PSNR 11 dB" and other.points[0].left_out == {}
    assert value_words(KINDS["image"], "ms_ssim", other.points[0]) == "MS-SSIM not measured"


def test_bits_that_a_codec_cannot_reach_are_said():
    """A codec's least is far above one bit a picture."""
    made = [Greys("one", 2, patch=32), Greys("many", 64, patch=2)]
    found = run_comparison(media_of({"x": picture(64, 64)}), made, Options(repeats=0))
    low, high = (reference_points(found, "webp", "payload")[name] for name in ("one", "many"))
    assert low.wanted == 4 / 64**2 and low.rate > 2 * low.wanted and low.unreached == low.media == 1
    assert codec_words("WebP", low, "bits/pixel") == (
        f"WebP at the bits of one (0.001 bits/pixel), not reached: its nearest is {low.rate:.3f}"
    )
    assert high.unreached == 0 and codec_words("WebP", high, "bits/pixel").endswith("many (1.500 bits/pixel)")


def test_a_comparison_is_checked_when_it_is_built():
    with pytest.raises(RecordError, match="'c'"):
        comparison([medium("x", cell("c", 20.0))])
    with pytest.raises(RecordError, match="planned"):
        comparison([medium("x", cell("a", 20.0))], planned=0)
    with pytest.raises(RecordError, match="baseline 'z'"):
        comparison([medium("x", cell("a", 20.0))], baseline="z")
    media = [medium("x", cell("a", 20.0), failures=(("b", "why"),))]
    assert comparison(media, baseline="b").base == "a" and comparison(media, baseline="a").base == "a"
    assert comparison([]).base == ""
