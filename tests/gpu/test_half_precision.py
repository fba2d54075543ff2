"""Half precision of public formats: each has a file of its own, those that need a package run where it is, and what
differs is said to have failed. What needs none runs in test_gpu_table.py."""

import numpy as np
import pytest
import torch

from explorer.public import FORMATS
from explorer.public.catalogue import known_tokenizers
from tests.gpu import format_files, half_precision
from tests.gpu.scale import SMALL, Setting


@pytest.fixture(scope="module")
def with_packages(tmp_path_factory):
    """Rows of the formats that a bare machine skips, by what they are."""
    setting = Setting(torch.device("cpu"), SMALL, tmp_path_factory.mktemp("half"), 100.0)
    cases = {name: found[:1] for name, found in format_files.cases().items() if found[0].needs}
    rows = (half_precision.row_of(name, case, setting) for name, found in cases.items() for case in found)
    return {row.what.partition(",")[0]: row for row in rows}


def test_formats_whose_packages_are_here_run(with_packages):
    for name, row in with_packages.items():
        missing = format_files.cases()[name][0].missing()
        assert (row.state, row.measured) == ("skipped", f"needs {missing}") if missing else row.state == "ok", row
        assert missing or name == "lyra" or row.measured.startswith("float32, its half precision is off: 100.0% of ")


def test_every_format_has_a_file_of_its_own():
    assert set(format_files.cases()) == set(FORMATS)
    assert {known.format for known in known_tokenizers()} <= set(FORMATS)
    names = [(name, case.name) for name, found in format_files.cases().items() for case in found]
    assert len(set(names)) == len(names)


def test_a_format_without_a_file_is_a_row_that_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(half_precision, "cases", lambda: {})
    rows = list(half_precision.compare_formats(Setting(torch.device("cpu"), SMALL, tmp_path, 1.0)))
    assert [(row.what, row.state) for row in rows] == [(name, "failed") for name in FORMATS]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        (lambda codec: None, "ok"),
        (lambda codec: setattr(codec, "latents", lambda media: torch.full((1, 3, 4, 5), torch.nan)), "failed"),
        (lambda codec: setattr(codec, "decode", lambda embedded: torch.full((1, 3, 16, 20), torch.nan)), "failed"),
        (lambda codec: setattr(codec, "decode", lambda embedded: torch.rand(1, 3, 16, 20)), "failed"),
    ],
)
def test_codes_and_decodes_that_differ_fail(tmp_path, monkeypatch, changes, state):
    """On the device alone: the CPU goes on as it did."""
    monkeypatch.setattr(half_precision, "halve", lambda codec: changes(codec) or torch.float32)
    setting = Setting(torch.device("cpu"), SMALL, tmp_path, 1.0)
    row = half_precision.row_of("ldm-vq", format_files.cases()["ldm-vq"][0], setting)
    assert row.state == state, row


def test_decibels_are_of_the_error_below_the_spread():
    expected = np.array([0.0, 2.0])  # of variance 1
    assert half_precision.below(expected, expected + 0.1) == pytest.approx(20)
    assert half_precision.below(expected, expected) == half_precision.EXACT_DB
    assert (
        not half_precision.below(expected * 0, expected * 0) > 0
        and not half_precision.below(expected, expected * np.nan) > 0
    )


def test_formats_for_which_no_time_is_left_are_named(tmp_path):
    rows = list(half_precision.compare_formats(Setting(torch.device("cpu"), SMALL, tmp_path, -1.0)))
    assert {(row.measured, row.state) for row in rows} == {("no time was left", "skipped")}
    assert [row.what.partition(",")[0] for row in rows] == list(FORMATS)
