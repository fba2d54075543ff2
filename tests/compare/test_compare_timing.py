"""Timing in rounds: every tokenizer in every round, none always first, and a slow or broken one by itself."""

import numpy as np
import pytest
from made_tokenizers import Greys, picture

from explorer.compare import timing
from explorer.compare.run import Options, compare_medium
from explorer.compare.timing import timed_rounds
from explorer.foundation.errors import RecordError


def watched(names, calls, refuse=None):
    """Tokenizers that write down when they ran."""

    def noted(name):
        def refusing(media):
            calls.append(name)
            if refuse is not None and name == refuse and calls.count(name) == 2:
                raise RecordError("It broke.")

        return refusing

    return [Greys(name, 4, refuse=noted(name)) for name in names]


def test_rounds_interleave_and_each_begins_one_further_on():
    calls, pixels = [], picture(16, 16).pixels
    found = timed_rounds([(one, pixels) for one in watched("abc", calls)], 4)
    assert "".join(calls) == "abc" + "bca" + "cab" + "abc"
    assert all(one.rounds == (0, 1, 2, 3) and len(one.encode_ms) == len(one.decode_ms) == 4 for one in found.values())
    assert found["a"].encode_ms == pytest.approx((1.5, 2.5, 3.5, 4.5))  # as made_tokenizers says, quantizing with it
    calls.clear()
    timed_rounds([(one, pixels) for one in watched("abc", calls)], 1, first=2)
    assert "".join(calls) == "cab"


def test_on_a_set_another_one_begins_on_each_medium():
    firsts = []
    for number in range(4):
        calls = []
        compare_medium("m", picture(16, 16), watched("ab", calls), Options(repeats=1, codecs=()), number=number)
        assert "".join(calls[:2]) == "ab", "each runs once before anything is timed"
        firsts.append(calls[2])
    assert "".join(firsts) == "abab"


def test_what_breaks_while_timed_is_listed_and_the_others_go_on():
    calls = []
    found = compare_medium("m", picture(16, 16), watched("abc", calls, "b"), Options(repeats=3, codecs=()))
    assert [cell.tokenizer_id for cell in found.medium.cells] == ["a", "c"] and set(found.reconstructions) == {"a", "c"}
    assert found.medium.failures == (("b", "It broke."),)
    assert calls.count("b") == 2 and all(len(cell.times.encode_ms) == 3 for cell in found.medium.cells)


def test_a_slow_one_leaves_the_rounds_and_its_rounds_are_known(monkeypatch):
    monkeypatch.setattr(timing, "TIMED_S", 0.012)
    found = timed_rounds(
        [(Greys("a", 4), picture(16, 16).pixels), (Greys("b", 4, levels=1), picture(16, 16).pixels)], 6
    )
    # Run n says 3 n + 0.5 ms: 3.5, 10, 19.5 after three runs, and no more then.
    assert found["a"].rounds == found["b"].rounds == (0, 1, 2)


def test_a_stop_between_two_runs_gives_nothing():
    asked = iter([False, False, True])
    tokenizers = [(Greys("a", 4), picture(16, 16).pixels), (Greys("b", 4), picture(16, 16).pixels)]
    assert timed_rounds(tokenizers, 3, cancelled=lambda: next(asked)) is None
    assert [one.runs for one, _ in tokenizers] == [1, 1]


def test_without_rounds_or_parts_there_are_no_times():
    class Silent(Greys):
        def tokenize(self, media):
            record = super().tokenize(media)
            object.__setattr__(record, "seconds", {})
            return record

    pixels = picture(16, 16).pixels
    assert timed_rounds([(Greys("a", 4), pixels)], 0)["a"].encode_ms == ()
    found = timed_rounds([(Silent("a", 4), pixels)], 2)["a"]
    assert found.encode_ms == found.decode_ms == found.rounds == () and np.isfinite(len(found.failed))
