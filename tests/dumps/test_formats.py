"""The same tokens in every format of a dump give the same audit, whose numbers are known."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.audit.indices import blocks
from explorer.audit.indices.run import Reading, audit_indices
from explorer.dumps import arrays
from explorer.dumps.formats import ALONE, ENDINGS, FORMATS, READERS
from tests.dumps.made_dumps import WRITERS

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "real" / "commavq" / "tokens.npy"
K = 50


def made_rows():
    return np.random.default_rng(3).zipf(1.3, (90, 40)).clip(max=K).astype(np.int16) - np.int16(1)


def assert_counted(audit, rows, size):
    (level,) = audit.levels
    np.testing.assert_array_equal(level.counts, np.bincount(rows.reshape(-1), minlength=size))
    np.testing.assert_array_equal(level.halves[1], np.bincount(rows[1::2].reshape(-1), minlength=size))
    assert audit.settings["media"] == len(rows) and not audit.skipped
    assert audit.settings["equal_to_medium_before"] == [pytest.approx((rows[1:] == rows[:-1]).mean())]


@pytest.mark.parametrize("at_once", [2**20, 100], ids=lambda many: f"{many} at once")
@pytest.mark.parametrize("written", WRITERS)
def test_each_format_gives_the_same_counts(written, at_once, monkeypatch, tmp_path):
    monkeypatch.setattr(blocks, "PIECE", at_once)
    monkeypatch.setattr(arrays, "ROWS_AT_ONCE", at_once)
    rows = made_rows()
    audit = audit_indices(WRITERS[written](tmp_path, rows), K)
    assert_counted(audit, rows, K)
    assert "90 media of 40 tokens on one level" in audit.settings["reading"]


@pytest.mark.skipif(not REAL.exists(), reason="the tokens of real driving video are not here")
@pytest.mark.parametrize("written", WRITERS)
def test_tokens_of_real_video(written, tmp_path):
    rows = np.load(REAL).reshape(1200, 128)
    audit = audit_indices(WRITERS[written](tmp_path, rows), 1024, Reading())
    assert_counted(audit, rows, 1024)
    (level,) = audit.levels
    assert (level.tokens, np.count_nonzero(level.counts)) == (153_600, 1024)
    assert entropy(level.counts, base=2) == pytest.approx(9.70, abs=0.005)
    assert audit.settings["equal_to_medium_before"][0] == pytest.approx(0.352, abs=0.0005)


def test_every_format_has_a_reader_and_endings_of_its_own():
    assert [one.id for one in FORMATS] == list(READERS)
    assert len(ENDINGS) == sum(len(one.endings) for one in FORMATS)
    for one in FORMATS:
        if one.package:
            pytest.importorskip(one.package)
        assert callable(READERS.load(one.id))


def test_the_page_takes_the_files_that_no_medium_is():
    """The browser has the endings, too; what it lacks would be refused before it is sent."""
    model = (Path(__file__).resolve().parents[2] / "explorer/views/codebook/audit/model.js").read_text(encoding="utf-8")
    listed = json.loads("[" + model.partition("export const INDICES = [")[2].partition("]")[0] + "]")
    assert listed == list(ALONE) and {".npy", ".parquet", ".pt", ".h5", ".tar"} < set(ALONE)
    assert not {".csv", ".tsv", ".tar.gz"} & set(ALONE)
