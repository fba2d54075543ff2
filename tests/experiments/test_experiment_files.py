"""Experiments on disk: what comes back is what was written; what is no experiment is refused in words."""

import json

import numpy as np
import pytest

from explorer.experiments import shelf
from explorer.foundation.errors import RecordError
from explorer.joints.experiment import Experiment
from explorer.joints.files.experiments import load_experiment, save_experiment
from tests.made_experiments import PLAIN, made_experiment, run_of


def test_a_round_trip(tmp_path):
    made = made_experiment()
    read = load_experiment(save_experiment(tmp_path / "deep" / "x.json", made))
    assert (read.id, read.conditions, read.settings, read.hardware) == (
        made.id,
        made.conditions,
        made.settings,
        made.hardware,
    )
    for one, other in zip(made.runs, read.runs, strict=True):
        assert (one.name, one.findings, one.data, one.seconds) == (
            other.name,
            other.findings,
            other.data,
            other.seconds,
        )
        assert np.array_equal(one.counts, other.counts) and np.array_equal(one.steps, other.steps)
        assert other.measured == pytest.approx(one.measured, nan_ok=True)
        assert {name: curve.tolist() for name, curve in one.curves.items()} == {
            n: c.tolist() for n, c in other.curves.items()
        }


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": "x"}', '{"format": "discrete-tokenizer-explorer experiment 1"}',
     json.dumps({"format": "discrete-tokenizer-explorer experiment 1", "conditions": 3, "runs": []})],
)  # fmt: skip
def test_other_files_are_refused_by_name(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(RecordError, match=r"odd\.json holds no experiment that can be read"):
        load_experiment(tmp_path / "odd.json")


def test_runs_must_fit_together():
    with pytest.raises(RecordError, match="at least one run"):
        Experiment("x", "X", "?", (PLAIN,), ())
    with pytest.raises(RecordError, match="condition 'none'"):
        Experiment("x", "X", "?", (PLAIN,), (run_of("image", "none", 0, [], 0.1),))


def test_results_that_are_brought_are_shown_instead(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "_brought", {})
    save_experiment(tmp_path / "own.json", made_experiment())
    assert shelf.bring(str(tmp_path / "own.json")) == "cross-modal"
    assert shelf.open_experiment("cross-modal").title == "Made"
    with pytest.raises(RecordError, match="holds no experiment"):
        shelf.bring(str(tmp_path / "missing.json"))
    (tmp_path / "own.json").unlink()
    with pytest.raises(RecordError, match="python -m explorer experiment cross-modal"):
        shelf.open_experiment("cross-modal")
