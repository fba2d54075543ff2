"""Indices as people really bring them: levels in one array, sizes by level, codes rounded on the way."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.__main__ import main
from explorer.analysis.codebook.diagnosis import diagnose
from explorer.audit.indices.axes import guessed_axes, named_axes, own_codes
from explorer.audit.indices.run import Reading, audit_indices
from explorer.foundation.errors import RecordError, SettingsError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "real" / "commavq"


def levels_in_one_array():
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(q * 128, (q + 1) * 128, (40, 75)) for q in range(8)], 1)


def assert_eight_levels(audit, tokens):
    assert [(level.tokens, np.count_nonzero(level.counts)) for level in audit.levels] == [(tokens, 128)] * 8
    expected = levels_in_one_array()[: tokens // 75]
    for q, level in enumerate(audit.levels):
        np.testing.assert_array_equal(level.counts, np.bincount(expected[:, q].reshape(-1), minlength=1024))
    assert any("codebook of 128 codes" in note for note in audit.settings["notes"])


@pytest.mark.parametrize("layout", ["b,q,t", "b,t,q", "q,b,t"])
def test_levels_in_one_array_are_found(piece, layout, tmp_path):
    order = [("b", "q", "t").index(name) for name in layout.split(",")]
    np.save(tmp_path / "c.npy", np.ascontiguousarray(levels_in_one_array().transpose(order)))
    reading = Reading(axes=layout) if layout == "q,b,t" else Reading()  # eight media of 40 are as likely
    audit = audit_indices(tmp_path / "c.npy", 1024, reading)
    assert_eight_levels(audit, 3000)
    assert audit.settings["reading"].startswith("Read as 40 media of 75 tokens on 8 levels")
    assert audit.joint.tokens == 3000
    for q, level in enumerate(audit.levels):
        rows = levels_in_one_array()[:, q]
        np.testing.assert_array_equal(level.halves[1], np.bincount(rows[1::2].reshape(-1), minlength=1024))
        assert level.batches[:, 1].tolist() == [len(np.unique(row)) for row in rows]


def test_codes_of_the_other_levels_are_not_called_dead(tmp_path):
    """Each level stays in numbers of its own, so K may be 128: nothing is certain of the 896 that no level uses."""
    np.save(tmp_path / "c.npy", levels_in_one_array())
    audit = audit_indices(tmp_path / "c.npy", 1024)
    found = diagnose(audit, [None] * 8)
    assert all(one.level in ("note", "good") for one in found) and not any("are dead" in one.title for one in found)
    told = next(one for one in found if one.kind == "Dead or not cannot be told")
    assert told.title == "Dead or not cannot be told on all levels"
    assert "K may be 128" in told.text and "this one uses 128 of them" in told.text


def test_one_medium_of_levels(tmp_path):
    np.save(tmp_path / "c.npy", levels_in_one_array()[0])
    audit = audit_indices(tmp_path / "c.npy", 1024)
    used = [len(np.unique(row)) for row in levels_in_one_array()[0]]
    assert [(level.tokens, np.count_nonzero(level.counts)) for level in audit.levels] == [(75, n) for n in used]
    assert audit.settings["axes"] == "q,t"


def test_levels_of_an_npz_say_how_they_were_read(tmp_path):
    arrays = levels_in_one_array()
    np.savez(tmp_path / "c.npz", **{f"indices_{q}": arrays[:, q] for q in range(8)})
    audit = audit_indices(tmp_path / "c.npz", 1024)
    assert_eight_levels(audit, 3000)
    assert audit.settings["reading"] == "Read as 40 media of 75 tokens on 8 levels, one array each."


def test_levels_that_share_their_codes_are_asked_for(tmp_path):
    array = np.random.default_rng(0).integers(0, 1024, (40, 8, 75))
    np.save(tmp_path / "c.npy", array)
    pooled = audit_indices(tmp_path / "c.npy", 1024)
    assert pooled.settings["reading"] == "Read as 40 media of 8 x 75 tokens on one level (axes b,t,h, guessed)."
    assert (
        pooled.settings["notes"][0] == "If the axis of 8 is levels, name the axes b,q,t (command line: --axes b,q,t)."
    )
    asked = audit_indices(tmp_path / "c.npy", 1024, Reading(axes="bqt"))
    assert not any(note.startswith("If") for note in asked.settings["notes"])
    assert [level.tokens for level in asked.levels] == [3000] * 8


@pytest.mark.parametrize(
    ("shape", "levels"),
    [((64, 16, 16), 1), ((500, 24, 24), 1), ((1000, 1), 1), ((1, 1000), 1), ((1000, 256), 1), ((30, 4, 16, 16), 1)],
)
def test_pictures_are_no_levels(shape, levels):
    sample = np.random.default_rng(1).integers(0, 50, shape)
    axes = guessed_axes(shape, sample.reshape(-1), listed=False)
    assert axes.levels == levels
    assert bool(axes.question) == (shape == (30, 4, 16, 16))


def test_a_column_is_a_row_and_not_as_many_media(tmp_path):
    column = np.random.default_rng(0).integers(0, 50, (3000, 1))
    np.save(tmp_path / "c.npy", column)
    audit = audit_indices(tmp_path / "c.npy", 50)
    assert "media unknown" in audit.settings["reading"] and "media" not in audit.settings
    assert audit.levels[0].batches[:, 0].tolist() == [1024, 1024, 952]


def test_few_tokens_of_many_codes_decide_nothing():
    """Media of 75 tokens below 16,384 codes hardly share one by chance, and are no levels for that."""
    sample = np.random.default_rng(2).integers(0, 16384, (40, 75))
    assert not own_codes(sample, 0)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("b,q", "names 2 axes, the array has 3: 40 x 8 x 75"),
        ("b,b,t", "b .media. 2 times"),
        ("t,q,b", "must come before"),
        ("12", "one letter an axis"),
        ("", "one letter"),
    ],
)
def test_axes_that_do_not_fit(axes, words):
    with pytest.raises(SettingsError, match=words):
        named_axes((40, 8, 75), axes)


def bfloat16(values):
    """Rounded to 8 significant bits, half to even (IEEE 754)."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32).astype(np.int64)


def test_codes_that_passed_through_bfloat16(tmp_path):
    codes = bfloat16(np.arange(1000))
    np.save(tmp_path / "c.npy", codes)
    with pytest.raises(RecordError) as caught:
        audit_indices(tmp_path / "c.npy", 1000)
    told = str(caught.value)
    assert "Index 1,000 at place 998" in told and "subtract 1" not in told
    assert "Above 256 every value is even and above 512 a multiple of 4, as after bfloat16" in told
    audit = audit_indices(tmp_path / "c.npy", 1024)  # all in range, and yet not right
    assert any("as after bfloat16" in note for note in audit.settings["notes"])


def test_whole_codes_are_not_called_rounded(tmp_path):
    np.save(tmp_path / "c.npy", np.arange(1, 1001))
    with pytest.raises(RecordError, match="may count from 1: then subtract 1"):
        audit_indices(tmp_path / "c.npy", 1000)
    assert not audit_indices(tmp_path / "c.npy", 1024).settings.get("notes")


@pytest.mark.skipif(not SHARED.exists(), reason="the tokens of real driving video are not here")
@pytest.mark.parametrize("shape", [(1200, 128), (1200, 8, 16)])
def test_tokens_of_real_video(shape, tmp_path):
    np.save(tmp_path / "t.npy", np.load(SHARED / "tokens.npy").reshape(shape))
    audit = audit_indices(tmp_path / "t.npy", 1024)
    (level,) = audit.levels
    assert (level.tokens, np.count_nonzero(level.counts)) == (153_600, 1024)
    assert entropy(level.counts, base=2) == pytest.approx(9.70, abs=0.005)
    assert audit.settings["equal_to_medium_before"][0] == pytest.approx(0.352, abs=0.0005)


def test_sizes_by_level(tmp_path):
    rng = np.random.default_rng(0)
    array = np.stack([rng.integers(0, 16, (30, 50)), rng.integers(0, 8, (30, 50))], 1)
    np.save(tmp_path / "t.npy", array)
    audit = audit_indices(tmp_path / "t.npy", [16, 8], Reading(axes="b,q,t"))
    assert [level.codebook_size for level in audit.levels] == [16, 8]
    with pytest.raises(RecordError, match=r"outside 0\.\.7"):
        audit_indices(tmp_path / "t.npy", [8, 16], Reading(axes="b,q,t"))
    with pytest.raises(SettingsError, match="3 codebook sizes were given, and there are 2 levels"):
        audit_indices(tmp_path / "t.npy", [8, 16, 4], Reading(axes="b,q,t"))


def test_the_command_says_what_was_read(tmp_path, capsys):
    np.save(tmp_path / "c.npy", levels_in_one_array())
    assert (
        main(["audit", "--indices", str(tmp_path / "c.npy"), "--codebook-size", "1024", "--out", str(tmp_path / "a")])
        == 0
    )
    said = capsys.readouterr().out
    assert "level 1: 128 of 1,024 codes used" in said
    assert "Read as 40 media of 75 tokens on 8 levels (axes b,q,t, guessed)." in said
    report = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert "<td>40 media of 75 tokens on 8 levels (axes b,q,t, guessed)" in report
    options = ["--codebook-size", "16", "--axes", "b,t", "--ignore", "-1"]
    assert main(["audit", "--indices", str(tmp_path / "c.npy"), *options, "--out", str(tmp_path / "b")]) == 2
    assert "names 2 axes, the array has 3" in capsys.readouterr().err
