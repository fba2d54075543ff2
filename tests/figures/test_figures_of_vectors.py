"""The vector of a code: its own values on a scale that is as far below zero as above."""

import numpy as np
import pytest
from made_audits import signs, table

from explorer import figures
from explorer.foundation.errors import RecordError


def test_bars_are_the_values_of_the_code_and_compare_up_and_down():
    book = table(np.array([[9, 9, 9], [2, -4, 0]], np.float32))
    figure = figures.code_vector(book, 1)
    (bars,) = figure.data
    assert list(bars.x) == [1, 2, 3] and list(bars.y) == [2, -4, 0] and list(bars.customdata) == [0, 1, 2]
    low, high = figure.layout.yaxis.range
    assert -low == high and 4 < high < 5
    assert figure.layout.meta["words"] == "Vector of code 1 of 2: 3 values from -4 to 2, norm 4.472."
    assert "of 3" in bars.hovertemplate and list(figure.layout.xaxis.range) == [0.5, 3.5]
    ruled = figures.code_vector(signs(4), 5).data[0].y
    assert np.array_equal(ruled, signs(4).rows(np.array(5)))


def test_what_is_no_number_is_said_and_left_out():
    book = table(np.array([[np.nan, 3, 4], [np.nan] * 3, [0, 0, 0]], np.float32))
    figure = figures.code_vector(book, 0)
    assert figure.layout.meta["words"].endswith("3 values from 3 to 4, norm 5. 1 of its values are no numbers.")
    assert np.isfinite(figure.layout.yaxis.range).all() and figure.layout.yaxis.range[1] > 4
    assert figures.code_vector(book, 2).layout.yaxis.range[1] > 0, "zeros have a scale, too"
    for code, words in ((1, "holds no number"), (3, "code 3 is outside 0..2"), (-1, "outside")):
        with pytest.raises(RecordError, match=words):
            figures.code_vector(book, code)
