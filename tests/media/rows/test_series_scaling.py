"""How a series is made to fit: the scale of fitted columns, quantiles of others, whole chunks, and its picture."""

import numpy as np
import pytest

from explorer.foundation.errors import MediaError
from explorer.joints.columns import Column, in_units
from explorer.media.rows.drawing import lane_px, ranges_of, series_pixels
from explorer.media.rows.series import LoadedSeries, fit_series
from explorer.media.rows.synthetic import ARM, BODY, arm_actions, body_motion, reach, walk, wipe
from explorer.media.samples import samples_of

KNOWN = (Column("base", "rad", 0.5, 2.0), Column("grip", "mm", 40.0, 40.0))


def series(*columns, rows=40, seed=0):
    values = np.random.default_rng(seed).normal(2, 5, (rows, len(columns)))
    return LoadedSeries(values, columns, 10.0)


def test_columns_that_were_fitted_keep_their_scale_and_others_their_own_quantiles():
    given = series(Column("Base", "rad"), Column("other"), Column("grip"))
    fitted = fit_series(given, KNOWN, 10)
    np.testing.assert_allclose(fitted.values[:, 0], (given.values[:, 0] - 0.5) / 2)
    np.testing.assert_allclose(fitted.values[:, 2], (given.values[:, 2] - 40) / 40)
    low, high = np.quantile(given.values[:, 1], [0.01, 0.99])
    np.testing.assert_allclose(
        np.interp([low, high], np.sort(given.values[:, 1]), np.sort(fitted.values[:, 1])), [-1, 1]
    )
    assert "'other' is no column that this was fitted on" in fitted.notes[0]
    np.testing.assert_allclose(in_units(fitted.values, fitted.columns), given.values)


def test_another_unit_is_another_column():
    fitted = fit_series(series(Column("base", "deg")), KNOWN, 10)
    assert fitted.columns[0].offset != 0.5 and "no column" in fitted.notes[0]


def test_a_column_that_stands_still_keeps_its_unit():
    fitted = fit_series(LoadedSeries(np.full((10, 1), 7.0), (Column("still"),)), (), 5)
    assert fitted.columns[0] == Column("still", "", 7.0, 1.0) and not fitted.values.any()


def test_the_last_row_fills_the_last_chunk():
    given = series(Column("a"), rows=43)
    fitted = fit_series(given, (), 10)
    assert fitted.values.shape == (50, 1) and (fitted.values[43:] == fitted.values[42]).all()
    assert "43 become 50 rows" in fitted.notes[-1] and "repeated 7 times" in fitted.notes[-1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("far", [[1e308], [-1e200], [1e308] * 20 + [-1e308] * 20])
def test_what_no_number_of_32_bits_holds_is_refused_with_its_column(far):
    values = np.concatenate([np.stack([np.arange(300.0)] * 2, 1), [[0, one] for one in far]])
    with pytest.raises(MediaError, match=r"Row 301, column 'b' lies too far"):
        fit_series(LoadedSeries(values, (Column("a"), Column("b"))), (), 10)


def test_a_file_without_time_or_far_outside_is_told():
    far = LoadedSeries(np.array([[0.0], [500.0]] * 5), (Column("base", "rad"),))
    assert any("times as far as its scale" in note for note in fit_series(far, KNOWN, 5).notes)


def test_the_samples_are_the_same_every_time_and_no_seed_of_training():
    assert set(samples_of("series")) == {"reach", "wipe", "walk"}
    for make in (reach, wipe, walk):
        first, second = make(), make()
        np.testing.assert_array_equal(first.values, second.values)
        assert np.isfinite(first.values).all() and all(column.unit for column in first.columns)
    assert reach().columns == ARM and walk().columns == BODY and len(reach().values) == 200
    assert not np.array_equal(arm_actions(3, 1.0).values, arm_actions(4, 1.0).values)
    assert body_motion(3, 2.0).values.shape == (60, len(BODY))


def test_a_line_is_drawn_where_its_values_are():
    values = np.stack([np.linspace(0, 1, 30), np.linspace(1, 0, 30)], axis=1)
    ranges = np.array([[0.0, 1.0], [0.0, 1.0]])
    pixels = series_pixels(values, ranges, 60, 20)
    assert pixels.shape == (40, 60, 3) and pixels.dtype == np.float32 and 0 <= pixels.min() <= pixels.max() <= 1
    bright = pixels[..., 0] > 0.9
    up, down = bright[:20], bright[20:]
    places = [np.flatnonzero(up[:, x]).mean() for x in (1, 30, 58)]
    assert places[0] > places[1] > places[2], "what rises goes up on the picture"
    np.testing.assert_allclose([np.flatnonzero(down[:, x]).mean() for x in (1, 30, 58)], places[::-1], atol=1.01)
    assert up.any(axis=0).all(), "the line has no hole"


def test_no_row_is_passed_over_where_several_share_a_pixel():
    values = np.zeros((1000, 1))
    values[777] = 1.0
    bright = series_pixels(values, np.array([[-0.1, 1.1]]), 50, 30)[..., 0] > 0.9
    assert np.flatnonzero(bright[:6].any(axis=0)).tolist() == [777 * 50 // 1000]


@pytest.mark.parametrize("columns", [1, 7, 66, 128])
def test_lanes_and_ranges(columns):
    assert 8 <= lane_px(columns) <= 48
    flat = ranges_of(np.full((4, columns), 3.0))
    assert (flat[:, 0] < 3).all() and (flat[:, 1] > 3).all()
