"""Paired differences and stars: against scipy's paired t interval, bootstrap, and cases worked out by hand."""

import math

import numpy as np
import pytest
from made_tokenizers import spec_of
from scipy import stats

from explorer.compare.columns import columns_of, compared_columns
from explorer.compare.differences import Difference, difference_of, difference_words, differences
from explorer.compare.kinds import KINDS
from explorer.compare.result import Cell, Comparison, MediumFigures
from explorer.compare.table import interval_words, make_table, spread_words, star_words
from explorer.compare.timing import Timing
from explorer.media.quality.fidelity import Fidelity, WorstPatch
from explorer.media.quality.sound_fidelity import SoundQuality

COLUMN = {column.key: column for column in columns_of(KINDS["image"])}


def cell(name, psnr=20.0, bits=64.0, empirical=32.0, ms=(), rounds=None, ssim=0.5):
    found = Fidelity(psnr, ssim, None, 0.1, 0.05)
    times = Timing(tuple(ms), tuple(ms), tuple(range(len(ms))) if rounds is None else tuple(rounds))
    return Cell(
        name, 16, bits, empirical, found, WorstPatch((0, 0, 8, 8), 0.1), times, (), ((np.array([0]), np.array([16])),)
    )


def comparison(*rows, names="abc"):
    """rows: the cells of each medium."""
    media = tuple(MediumFigures(f"m{n}", 8, 16, (), cells) for n, cells in enumerate(rows))
    ids = list(dict.fromkeys(one.tokenizer_id for cells in rows for one in cells))
    specs = tuple(spec_of(name, 4) for name in ids)
    return Comparison("T", specs, media, (), len(media), "cpu", 1.0, {})


def test_the_interval_is_that_of_scipys_paired_t_test():
    chance = np.random.default_rng(0)
    base = chance.normal(25.2, 2.3, size=24)
    own = base + chance.normal(0.43, 0.28, size=24)
    found = difference_of(list(zip(own, base, strict=True)), "high", "media")
    expected = stats.ttest_rel(own, base).confidence_interval(0.95)
    assert found.mean == pytest.approx((own - base).mean())
    assert found.mean - found.half_width == pytest.approx(expected.low)
    assert found.mean + found.half_width == pytest.approx(expected.high)
    assert (found.wins, found.losses, found.ties) == ((own > base).sum(), (own < base).sum(), 0) and found.clear
    resampled = chance.choice(own - base, size=(4000, 24)).mean(1)  # a bootstrap says about the same
    assert found.half_width == pytest.approx(np.diff(np.quantile(resampled, [0.025, 0.975]))[0] / 2, rel=0.2)


def test_a_small_difference_is_seen_through_a_wide_spread():
    """The case of the two means 25.66 ± 2.5 and 25.23 ± 2.3, whose difference is the same on every picture."""
    base = np.linspace(21, 29, 24)
    rows = [(cell("a", psnr), cell("b", psnr + 0.43 + 0.1 * (-1) ** n)) for n, psnr in enumerate(base)]
    found = comparison(*rows)
    one = differences(found, "a")["b"]["psnr_db"]
    assert (one.wins, one.total, one.of) == (24, 24, "media") and one.clear
    assert difference_words(COLUMN["psnr_db"], one, "picture", "pictures") == (
        "+0.43 ± 0.04 dB, better on 24 of 24 pictures"
    )
    back = differences(found, "b")["a"]["psnr_db"]
    assert (back.mean, back.half_width, back.losses) == (-one.mean, one.half_width, 24)
    assert make_table(found).best["psnr_db"] == ("b",)


def test_less_is_better_where_it_is_and_ties_count_for_neither():
    found = difference_of([(1.0, 2.0), (2.0, 2.0), (5.0, 2.0), (1.5, 2.0)], "low", "media")
    assert (found.wins, found.losses, found.ties, found.pairs) == (2, 1, 1, 4)
    assert "better on 2 of 4 pictures, alike on 1" in difference_words(COLUMN["psnr_db"], found, "picture", "pictures")


def test_infinite_figures_count_as_wins_but_not_in_the_mean():
    found = difference_of([(math.inf, 30.0), (31.0, 30.0), (33.0, 30.0), (math.inf, math.inf)], "high", "media")
    assert (found.mean, found.pairs, found.wins, found.ties) == (2.0, 2, 3, 1)
    assert difference_words(COLUMN["psnr_db"], found, "picture", "pictures").endswith(
        "better on 3 of 4 pictures, alike on 1; mean of 2, the others are not finite"
    )
    alone = difference_of([(math.inf, 30.0)], "high", "media")
    assert (
        alone.mean is None
        and alone.clear
        and "no finite pair, better on 1 of 1 picture"
        in difference_words(COLUMN["psnr_db"], alone, "picture", "pictures")
    )


def test_one_pair_has_no_interval():
    found = difference_of([(30.0, 29.5)], "high", "media")
    assert (found.mean, found.half_width, found.clear) == (0.5, None, False)
    assert difference_words(COLUMN["psnr_db"], found, "picture", "pictures") == "+0.50 dB, better on 1 of 1 picture"
    nothing = difference_of([], "high", "media")
    assert nothing == Difference(None, None, 0, 0, 0, 0, "media")
    assert not nothing.clear and difference_words(COLUMN["psnr_db"], nothing, "picture", "pictures") == "not measured"


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (0.5, 0.5 + 2.6e-5, "-0.00003, better on 0 of 1 picture"),  # of a column with three digits
        (0.5004, 0.5, "+0.0004, better on 1 of 1 picture"),
        (0.512, 0.5, "+0.012, better on 1 of 1 picture"),
        (0.5, 0.5, "0.000, better on 0 of 1 picture, alike on 1"),
    ],
)
def test_a_small_difference_does_not_read_as_none_nor_none_as_one(ours, theirs, said):
    found = difference_of([(ours, theirs)], "high", "media")
    assert difference_words(COLUMN["ssim"], found, "picture", "pictures") == said


def test_times_are_paired_by_round():
    """The machine grows slower from round to round; b is a tenth of a millisecond faster in each, and missed one."""
    found = comparison((cell("a", ms=(1.0, 2.0, 4.0, 8.0)), cell("b", ms=(0.9, 3.9, 7.9), rounds=(0, 2, 3))))
    one = differences(found, "a")["b"]["encode_ms"]
    assert (one.pairs, one.wins, one.of) == (3, 3, "rounds") and one.mean == pytest.approx(-0.1)
    assert one.clear and one.half_width < 1e-9
    words = difference_words(COLUMN["encode_ms"], one, "picture", "pictures")
    assert words == "-0.1 ± 0.0 ms, mean difference; faster in 3 of 3 rounds"
    assert "the mean difference, not the difference of the medians" in interval_words(make_table(found))
    assert COLUMN["encode_ms"].measure == "ms, median (quartiles)" and COLUMN["psnr_db"].measure == "dB"


def test_times_have_a_star_only_where_quartiles_do_not_overlap():
    apart = comparison((cell("a", ms=(10, 11, 12, 13)), cell("b", ms=(20, 21, 22, 23)), cell("c", ms=(14, 15, 16, 17))))
    assert make_table(apart).best["encode_ms"] == ("a",)
    noise = comparison((cell("a", ms=(76, 77, 120, 75)), cell("b", ms=(97, 79, 78, 96))))
    assert "encode_ms" not in make_table(noise).best
    assert "encode_ms" not in make_table(comparison((cell("a", ms=(1,)), cell("b", ms=(9,))))).best  # one run each


def test_what_is_spent_has_no_star():
    """A collapsed codebook has the lowest entropy, and fewer bits are no merit."""
    found = make_table(comparison((cell("a", 20, bits=64, empirical=5), cell("b", 25, bits=128, empirical=100))))
    assert found.best == {}  # at unequal bits not even the better picture
    columns = {key for key, column in COLUMN.items() if column.starred}
    assert columns == {"psnr_db", "ssim", "ms_ssim", "gradient_error", "encode_ms", "decode_ms"}
    sound = {column.key for column in columns_of(KINDS["audio"]) if column.starred}
    assert sound == {"si_sdr_db", "log_mel_db", "snr_db", "encode_ms", "decode_ms"}
    assert {column.key for column in compared_columns(KINDS["audio"])} == sound
    assert COLUMN["bpp_empirical"].better is None


def test_stars_are_within_equal_bits():
    """1,000 and 1,024 codes are as good as equal; four levels of them are not."""
    rows = (
        cell("fsq", 23.5, bits=64 * 0.9966), cell("vq", 24.0, bits=64), cell("rvq", 27.0, bits=256),
        cell("pq", 27.1, bits=256), cell("lone", 30.0, bits=999),
    )  # fmt: skip
    table = make_table(comparison(rows))
    assert table.best["psnr_db"] == ("vq", "pq")
    assert "within 1%" in star_words(table) and "this picture alone" in star_words(table)


def test_over_several_media_a_star_needs_a_clear_difference():
    noisy = [(cell("a", 20 + n), cell("b", 20 + n + (1.5 if n % 2 else -1.0))) for n in range(10)]
    assert "psnr_db" not in make_table(comparison(*noisy)).best  # +0.25 ± 0.9
    clear = [(cell("a", 20 + n), cell("b", 20.5 + n + (0.1 if n % 2 else -0.1))) for n in range(10)]
    found = make_table(comparison(*clear))
    assert found.best["psnr_db"] == ("b",) and "95% interval" in star_words(found)
    assert "standard deviation" in spread_words(found) and "confidence interval" not in spread_words(found)
    assert "confidence interval" in interval_words(found) and "deviation" not in interval_words(found)
    assert "(Student" in interval_words(found) and "Of times it is the mean difference" in interval_words(found)
    assert "{" not in interval_words(found)
    assert all(f"{found.media} pictures" in words(found) for words in (spread_words, interval_words))
    assert "ssim" not in found.best  # all alike


def test_what_shows_alike_shares_the_star_of_a_single_medium():
    table = make_table(comparison((cell("a", 20.001), cell("b", 20.002), cell("c", 19.0))))
    assert table.best["psnr_db"] == ("a", "b")


def test_means_over_different_media_give_no_star():
    """a is identical on the easy picture, so that its mean is of the hard one alone."""
    rows = [
        (cell("a", math.inf), cell("b", 40.0)),
        (cell("a", 20.0), cell("b", 19.0)),
        (cell("a", 21.0), cell("b", 20.0)),
    ]
    assert "psnr_db" not in make_table(comparison(*rows)).best
    assert make_table(comparison((cell("a", math.inf), cell("b", 40.0)))).best["psnr_db"] == ("a",)


def test_a_raw_figure_and_a_delay_are_neither_starred_nor_compared():
    found = SoundQuality(10.0, 12.0, 1.0, 0.1, -1.0, -0.2)
    columns = {column.key: column for column in columns_of(KINDS["audio"])}
    one = Cell("a", 16, 64, 32, found, WorstPatch((0, 0, 8, 8), 0.1))
    medium = MediumFigures("m", 8, 16, (), (one,))
    assert columns["si_sdr_db"].value(one, medium) == 12 and columns["si_sdr_raw_db"].value(one, medium) == -0.2
    assert columns["delay_ms"].value(one, medium) == 0 and not columns["delay_ms"].starred
