"""Figures of tokens as a language show what was counted, and what is not to be trusted in another colour."""

from dataclasses import replace

import numpy as np
import pytest
from figure_subjects import HOSTILE, made_language, made_prior

from explorer import figures
from explorer.foundation.errors import RecordError


def test_ranks_are_those_of_the_counts_and_the_law_has_as_many_tokens():
    language = made_language()
    dots, law = figures.codes_as_words(language).data
    assert np.array_equal(dots.x, np.arange(1, language.used + 1)) and np.array_equal(dots.y, language.ranks.counts)
    assert sum(law.y) == pytest.approx(language.tokens) and law.name.endswith(
        f" \N{MINUS SIGN}{language.ranks.exponent:.2f}"
    )


def test_bits_are_those_counted_and_few_pairs_stand_apart():
    language = made_language()
    figure = figures.counted_bits(language)
    drawn = {name: value for trace in figure.data for name, value in zip(trace.y, trace.x, strict=True)}
    assert drawn == {
        "nothing (log2 K)": 4.0,
        "shares of codes": language.unigram,
        "token on the left": language.left.bits,
        "token above": language.above.bits,
        "compressed by LZMA": language.packed,
    }
    few = next(trace for trace in figure.data if trace.name == "too few pairs")
    assert (
        set(few.y) == {"token on the left", "token above"}
        and "too few pairs, 800 for 256" in figure.layout.meta["words"]
    )
    assert few.marker.color != figure.data[0].marker.color
    assert HOSTILE not in figures.counted_bits(made_language(HOSTILE)).layout.meta["words"]


def test_memory_is_worth_what_was_measured_from_nothing_to_all():
    figure = figures.held_out_bits(made_prior())
    (trace,) = figure.data
    assert list(trace.x)[::-1] == [4.0, 3.5, 3.2, 3.1, 2.5]
    assert "120 tokens" in figure.layout.meta["words"] and "960 tokens of other pictures" in figure.layout.meta["words"]
    with pytest.raises(RecordError, match="Nothing was measured"):
        figures.held_out_bits(replace(made_prior(), measured={}))
