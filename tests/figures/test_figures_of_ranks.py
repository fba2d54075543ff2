"""Usage by rank of one record, and usage over training: against counts by hand."""

import numpy as np
import pytest
from figure_subjects import counted_record, made_history

from explorer import figures
from explorer.figures.ranks import BARS
from explorer.foundation.errors import RecordError, SettingsError

TAKEN = [3, 0, 5, 1, 0, 3]  # tokens of codes 0 to 5
KEPT = np.array([0.02, 0.5, 0.0001, 0.0, 0.25, 0.5])  # a moving average of decay 0.99: times 100 in tokens


def test_codes_fall_from_the_most_used_and_the_unused_are_shaded():
    figure = figures.usage_by_rank(counted_record(TAKEN))
    (bars,) = figure.data
    assert bars.type == "bar" and list(bars.x) == [1, 2, 3, 4] and list(bars.y) == [5, 3, 3, 1]
    assert list(bars.customdata) == [2, 0, 5, 3], "codes used alike in order of their number"
    assert list(bars.text) == ["1", "2", "2", "4"] and bars.textposition == "none", "codes used alike share a rank"
    assert "of 4 used" in bars.hovertemplate and "of 12 tokens" in bars.hovertemplate
    (shaded,), (words,) = figure.layout.shapes, figure.layout.annotations
    assert (shaded.x0, shaded.x1) == (4.5, 6.5) and words.text == "2 unused"
    assert figure.layout.xaxis.range == (0.5, 6.5) and figure.layout.yaxis.type is None
    assert figure.layout.meta["words"] == (
        "12 tokens of this picture. 4 of 6 codes in use, from the most to the least used; 2 without a token."
    )
    assert figure.layout.meta["pick"] == "code" and figure.layout.hovermode == "x"


def test_the_used_codes_alone_and_a_logarithmic_axis():
    figure = figures.usage_by_rank(counted_record(TAKEN), codes="used", log=True)
    assert figure.layout.xaxis.range == (0.5, 4.5) and not figure.layout.shapes and not figure.layout.annotations
    low, high = figure.layout.yaxis.range
    assert figure.layout.yaxis.type == "log" and low < 0 < np.log10(5) < high, "one token stands above the ground"
    whole = figures.usage_by_rank(counted_record([1, 2]))
    assert not whole.layout.shapes, "nothing is unused"


def test_what_was_kept_of_training_counts_in_tokens_of_its_memory():
    record = counted_record(TAKEN, KEPT, 0.99)
    figure = figures.usage_by_rank(record, counts="training")
    (bars,) = figure.data
    assert list(bars.customdata) == [1, 5, 4, 0] and np.allclose(bars.y, [50, 50, 25, 2])
    assert list(bars.text) == ["1", "1", "3", "4"] and "of 127 tokens" in bars.hovertemplate
    assert "2 with less than 1 token of these" in figure.layout.meta["words"]
    assert "moving average" in figure.layout.meta["words"] and "in training" in figure.layout.yaxis.title.text
    none = figures.usage_by_rank(counted_record([1], np.array([0.0])), counts="training")
    assert len(none.data[0].x) == 0 and "0 of 1 codes in use" in none.layout.meta["words"]


def test_a_large_codebook_is_one_line_of_steps_and_stays_light():
    counts = np.zeros(2**16, np.int64)
    counts[::20] = np.arange(len(counts[::20])) % 9 + 1
    figure = figures.usage_by_rank(counted_record(counts.tolist()))
    (steps,) = figure.data
    used = int((counts > 0).sum())
    assert used > BARS and steps.type == "scatter" and steps.line.shape == "hvh" and steps.fill == "tozeroy"
    assert np.array_equal(steps.x, np.arange(1, used + 1)) and np.array_equal(steps.y, np.sort(counts)[::-1][:used])
    assert np.array_equal(counts[steps.customdata], steps.y) and len(figure.to_json()) < 100_000
    assert figure.layout.annotations[0].text == f"{2**16 - used:,} unused"


def test_other_media_and_wrong_choices_are_said():
    sound = figures.usage_by_rank(counted_record(TAKEN, modality="audio"))
    assert "12 tokens of this sound" in sound.layout.meta["words"]
    with pytest.raises(RecordError, match="level 1 is outside"):
        figures.usage_by_rank(counted_record(TAKEN), 1)
    with pytest.raises(RecordError, match="kept no counts"):
        figures.usage_by_rank(counted_record(TAKEN), counts="training")
    for wrong in ({"counts": "there"}, {"codes": "some"}):
        with pytest.raises(SettingsError, match="Usage by rank"):
            figures.usage_by_rank(counted_record(TAKEN), **wrong)


def test_usage_over_training_is_the_curve_that_was_kept():
    figure = figures.usage_in_training(made_history())
    (line,) = figure.data
    assert list(line.x) == list(line.customdata) == [10, 20, 40] and list(line.y) == [0.25, 0.5, 0.75]
    assert list(line.text) == ["100", "100", "100"] and "of 40" in line.hovertemplate and "tokens" in line.hovertemplate
    assert figure.layout.meta["words"] == (
        "Used codes of this codebook while it was trained: 25.0% at step 10, 75.0% at step 40, over 100 held-out "
        "tokens each time."
    )


def test_where_a_code_lies_is_said_with_both_denominators(learned):
    audit, _ = learned
    places = audit.levels[0].positions.astype(np.int64)
    code = int(audit.levels[0].counts.argmax())
    (cells,) = figures.positions(audit, code=code).data
    assert np.array_equal(cells.z, places[code])
    own, everything = places[code].sum(), places.sum()
    assert cells.hovertext[2][5] == (
        f"row 3 of 8, column 6 of 8<br>{places[code, 2, 5]:,} of {own:,} tokens of code {code} "
        f"({places[code, 2, 5] / own:.1%})<br>{places[:, 2, 5].sum():,} of {everything:,} tokens of all codes "
        f"({places[:, 2, 5].sum() / everything:.1%})"
    )
