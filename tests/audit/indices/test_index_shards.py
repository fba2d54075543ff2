"""Plain indices in shards are counted as by one process, to the bit: formats, cuts, orders, stops and damage."""

import json
import os
import random
import signal
import tarfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from explorer.audit import language
from explorer.audit.indices import blocks, count, media_rows, parts, stretches
from explorer.audit.indices.blocks import Padding
from explorer.audit.indices.run import Reading, audit_indices
from explorer.audit.indices.standing import read_index_head
from explorer.audit.indices.vectors import read_belongings
from explorer.audit.shards import indices as module
from explorer.audit.shards.indices import merge_index_shards, run_index_shard
from explorer.audit.shards.plan import Shard
from explorer.audit.shards.watch import watch
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.files.audits import describe
from tests.dumps.made_dumps import WRITERS, add_member, npy_bytes

K = 50
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "real" / "commavq" / "tokens.npy"


@pytest.fixture
def small(monkeypatch):
    """Everything that is thinned, sampled or cut is so with a few thousand tokens."""
    monkeypatch.setattr(blocks, "PIECE", 700)
    monkeypatch.setattr(language, "SAMPLED", 900)
    monkeypatch.setattr(language, "PIECE_TOKENS", 60)
    monkeypatch.setattr(media_rows, "BATCHES", 20)
    monkeypatch.setattr(count, "JOINT_KEYS", 300)
    monkeypatch.setattr(parts, "AT_ONCE", 2)


def told(audit):
    """All of an audit but its seconds, as values that are equal only where they are to the bit."""
    said = describe(replace(audit, seconds=0.0))
    for level in audit.levels:
        for one in fields(LevelAudit):
            if isinstance(array := getattr(level, one.name), np.ndarray):
                said[f"{level.name} {one.name}"] = (array.shape, str(array.dtype), array.tobytes())
    return json.loads(json.dumps(said, default=str))


def shards_of(place, size, reading, folder, of, belongings=None):
    for number in range(1, of + 1):
        run_index_shard(place, size, reading, belongings, Shard(number, of), folder / str(of))
    return [folder / str(of) / Shard(number, of).file for number in range(1, of + 1)]


GUESSED = Reading()


def assert_same(place, size, folder, reading=GUESSED, cuts=(2, 7)):
    whole = told(audit_indices(place, size, reading))
    for of in cuts:
        files = shards_of(place, size, reading, folder, of)
        random.Random(of).shuffle(files)
        assert told(merge_index_shards(files).audit) == whole, of
    return [read_index_head(file) for file in files]


def rows_of(seed=0):
    random_numbers = np.random.default_rng(seed)
    return (random_numbers.integers(0, K, (90, 40)) * random_numbers.random((90, 1))).astype(np.int16)


@pytest.mark.parametrize("written", WRITERS)
def test_every_format(small, written, tmp_path):
    heads = assert_same(WRITERS[written](tmp_path, rows_of()), K, tmp_path / "s", Reading())
    assert sum(head.tokens for head in heads) == 3600
    assert sum(head.tokens > 0 for head in heads) >= 4


ARRAYS = {
    "rows of media": ((90, 40), "b,t", K),
    "one row": ((9000,), "t", K),
    "one row of frames": ((9, 8, 60), "t,h,w", K),
    "frames of many codes": ((30, 8, 16), "t,h,w", 2000),
    "media of frames": ((40, 3, 4, 5), "b,t,h,w", 2000),
    "levels": ((90, 4, 20), "b,q,t", K),
    "levels last": ((90, 20, 3), "b,t,q", K),
    "levels first": ((3, 90, 20), "q,b,t", K),
    "levels of one row": ((2, 3000), "q,t", K),
    "media longer than a piece": ((5, 1500), "b,t", K),
}


@pytest.mark.parametrize("ignore", [None, -7.0], ids=["whole", "padding"])
@pytest.mark.parametrize("name", ARRAYS)
def test_every_reading_of_an_array(small, name, ignore, tmp_path):
    shape, axes, size = ARRAYS[name]
    array = np.cumsum(np.random.default_rng(1).integers(0, 3, shape), -1) % size
    if ignore is not None:
        array[np.random.default_rng(2).random(shape) < 0.03] = ignore
    np.save(tmp_path / "t.npy", array)
    reading = Reading(axes, Padding(None if ignore is None else (ignore,)))
    heads = assert_same(tmp_path / "t.npy", size, tmp_path / "s", reading)
    assert sum(head.tokens > 0 for head in heads) >= 3


def test_levels_of_an_archive_and_levels_of_shapes_of_their_own(small, tmp_path):
    levels = {f"indices_{q}": rows_of(q) for q in range(3)}
    np.savez(tmp_path / "t.npz", **levels)
    assert_same(tmp_path / "t.npz", K, tmp_path / "a")
    np.savez(tmp_path / "u.npz", **levels | {"indices_1": rows_of()[:, :9]})
    assert_same(tmp_path / "u.npz", K, tmp_path / "b")


@pytest.mark.parametrize("medium", ["", "file"])
def test_files_with_lines_of_any_length(small, medium, tmp_path):
    """Three files over up to 29 shards, which begin within them; blank lines, lines of no codes and of levels among
    them."""
    random_numbers = np.random.default_rng(3)
    (tmp_path / "d").mkdir()
    for number in range(3):
        lines = [json.dumps(random_numbers.integers(0, K, n).tolist()) for n in random_numbers.integers(1, 60, 100)]
        lines[7], lines[30], lines[31], lines[80] = "", "[]", "no JSON", "[[1, 2], [3, 4]]"
        lines[40 + number] = json.dumps([1, 2, K + number])
        (tmp_path / "d" / f"{number}.jsonl").write_text("\n".join(lines))
    heads = assert_same(tmp_path / "d", K, tmp_path / "s", Reading("t", medium=medium), cuts=(2, 5, 29))
    assert sum(head.tokens > 0 for head in heads) == (3 if medium else 29)
    assert sum(head.left_out for head in heads) >= 12


def test_what_is_no_code_is_told_alike_and_without_its_padding(small, tmp_path):
    """What the tokens before it were another shard has not seen; and padding is no code of a larger codebook."""
    codes = np.random.default_rng(0).integers(1, K, (40, 90))
    codes[0, 0], codes[20:, :5], codes[33, 7] = 0, 60_000, K
    np.save(tmp_path / "t.npy", codes)
    reading = Reading("b,t", Padding((60_000.0,)))
    for count_it in (
        lambda: audit_indices(tmp_path / "t.npy", K, reading),
        lambda: shards_of(tmp_path / "t.npy", K, reading, tmp_path / "s", 5),
    ):
        with pytest.raises(RecordError, match=f"The codebook has {K + 1} codes or more; since no code is 0"):
            count_it()
    (tmp_path / "d").mkdir()
    for number in range(3):
        np.save(tmp_path / "d" / f"{number}.npy", codes if number == 1 else codes[:20])
    why = audit_indices(tmp_path / "d", K, reading).skipped[0][1]
    assert f"The codebook has {K + 1} codes or more" in why and "60,00" not in why


def test_files_of_which_some_go_wrong(small, tmp_path):
    """Refused from the block on that is wrong, by whoever reads it, also where others read the rest of the file."""
    for number in range(4):
        np.save(tmp_path / f"{number}.npy", rows_of(number))
    wrong = rows_of(1)
    wrong[50, 3] = K
    np.save(tmp_path / "1.npy", wrong)
    (tmp_path / "2.npy").write_bytes(b"none")
    np.save(tmp_path / "4.npy", rows_of(4).astype(float) + 0.5)
    audit = audit_indices(tmp_path, K, Reading("b,t"))
    assert audit.settings["left_out"] == 3 and "Its first 1,360 tokens were counted." in audit.skipped[0][1]
    assert_same(tmp_path, K, tmp_path.parent / "s", Reading("b,t"), cuts=(1, 2, 3, 5, 8, 23))


def test_damage_in_the_middle(small, tmp_path):
    """What can be read is counted, and what is behind the damage is not, whoever finds it."""
    for name in ("t", "u"):
        with tarfile.open(tmp_path / f"{name}.tar", "w") as tar:
            for number, row in enumerate(rows_of()):
                add_member(tar, f"{number:03}.npy", npy_bytes(row))
    torn = (tmp_path / "u.tar").read_bytes()[: 60 * 1024 + 700]
    (tmp_path / "u.tar").write_bytes(torn)
    assert "cut short" in audit_indices(tmp_path / "u.tar", K).settings["notes"][0]
    assert_same(tmp_path / "u.tar", K, tmp_path / "s", cuts=(2, 5, 11))
    assert_same([tmp_path / "u.tar", tmp_path / "t.tar"], K, tmp_path / "r", cuts=(2, 5, 11))
    np.savez_compressed(tmp_path / "z.npz", tokens=np.random.default_rng(0).integers(0, K, (400, 50)))
    packed = bytearray((tmp_path / "z.npz").read_bytes())
    packed[packed.rindex(b"PK\x01\x02") + 16] ^= 255  # the check sum, which is held against what was read
    (tmp_path / "z.npz").write_bytes(packed)
    audit = audit_indices(tmp_path / "z.npz", K, Reading("b,t"))
    assert 0 < audit.levels[0].tokens < 20_000
    assert_same(tmp_path / "z.npz", K, tmp_path / "q", Reading("b,t"), cuts=(2, 5, 11))


@pytest.mark.parametrize("written", ["npy", "jsonl", "parquet", "webdataset", "hdf5 of rows"])
def test_stops_anywhere_and_goes_on(small, written, monkeypatch, tmp_path):
    """Each time it is asked the shard stops, so that it goes on from its file some twenty times."""
    monkeypatch.setattr("explorer.dumps.arrays.ROWS_AT_ONCE", 130)
    monkeypatch.setattr("explorer.dumps.parquet.ROWS_AT_ONCE", 130)
    place = WRITERS[written](tmp_path, rows_of())
    whole = told(audit_indices(place, K, Reading("b,t" if written == "npy" else "t")))
    files, runs = [], 0
    for number in (3, 1, 2):
        while True:
            runs += 1
            try:
                run_index_shard(
                    place, K, Reading("b,t" if written == "npy" else "t"), None, Shard(number, 3), tmp_path / "s",
                    cancelled=lambda: True,
                )  # fmt: skip
                break
            except Cancelled:
                assert not read_index_head(tmp_path / "s" / Shard(number, 3).file).complete
        files.append(tmp_path / "s" / Shard(number, 3).file)
    assert runs > (5 if written == "npy" else 12) and told(merge_index_shards(files).audit) == whole


def test_a_kill_loses_only_what_was_not_written(small, monkeypatch, tmp_path):
    """The process dies at its third write, by -9."""
    place = WRITERS["parquet"](tmp_path, rows_of())
    saved, calls = module.save_shard, []

    def mortal(*arguments):
        saved(*arguments)
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    if not (child := os.fork()):
        monkeypatch.setattr(module, "STATE_EVERY_S", -1)
        monkeypatch.setattr(module, "save_shard", mortal)
        monkeypatch.setattr("explorer.dumps.parquet.ROWS_AT_ONCE", 130)
        run_index_shard(place, K, Reading("t"), None, Shard(2, 2), tmp_path / "s")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    head = read_index_head(tmp_path / "s" / Shard(2, 2).file)
    assert head.tokens > 0 and not head.complete and len(list((tmp_path / "s").glob("*.npz"))) == 1
    for number in (2, 1):
        run_index_shard(place, K, Reading("t"), None, Shard(number, 2), tmp_path / "s")
    files = [tmp_path / "s" / Shard(number, 2).file for number in (2, 1)]
    assert told(merge_index_shards(files).audit) == told(audit_indices(place, K, Reading("t")))


def test_what_is_done_is_not_counted_again(tmp_path, monkeypatch):
    place = WRITERS["jsonl"](tmp_path, rows_of())
    first = run_index_shard(place, K, Reading(), None, Shard(1, 2), tmp_path / "s")
    monkeypatch.setattr(module, "count_leg", lambda *_: pytest.fail("it is counted again"))
    assert run_index_shard(place, K, Reading(), None, Shard(1, 2), tmp_path / "s") == first
    job = watch(tmp_path / "s")
    assert (job.unit, job.tokens, len(job.shards)) == ("items", first.tokens, 2)
    assert [(one.complete, one.begun) for one in job.shards] == [(True, True), (False, False)]
    assert job.done == first.planned and job.seconds_left is None and job.as_json()["waiting"] == 1


class TestBad:
    @pytest.fixture
    def place(self, tmp_path):
        (tmp_path / "d").mkdir()
        for number in range(6):
            np.save(tmp_path / "d" / f"{number}.npy", rows_of(number))
        return tmp_path / "d"

    def refused(self, files, words, **options):
        with pytest.raises(RecordError, match=words):
            merge_index_shards(files, **options)

    def test_missing_twice_and_partial(self, place, tmp_path):
        files = shards_of(place, K, Reading("b,t"), tmp_path / "s", 4)
        self.refused(files[:1] + files[3:], "Missing: shards 2, 3 of 4. Run what is missing")
        (tmp_path / "again.npz").write_bytes(files[1].read_bytes())
        self.refused([*files, tmp_path / "again.npz"], "shard 2 of 4 is there twice: ")
        found = merge_index_shards(files[:3], partial=True)
        assert (
            found.missing == ("Missing: shard 4 of 4",) and found.audit.settings["notes"][0] == "Missing: shard 4 of 4."
        )
        counted = np.bincount(np.concatenate([rows_of(n).reshape(-1) for n in range(4)]), minlength=K)
        assert found.audit.levels[0].counts.tolist() == counted.tolist()  # 6 files in 4 shards: 1, 2, 1 and 2 of them

    def test_of_another_audit(self, place, tmp_path):
        files = shards_of(place, K, Reading("b,t"), tmp_path / "s", 3)
        for name, size, reading, words in (
            ("a", K + 1, Reading("b,t"), "another codebook size"),
            ("b", K, Reading("b,t", Padding((3.0,))), r"other padding \(--ignore\)"),
            ("c", K, Reading("b,t", medium="file"), "another --medium"),
            ("e", K, Reading("h,w"), "other axes"),
        ):
            others = shards_of(place, size, reading, tmp_path / name, 3)
            self.refused([files[0], others[1], files[2]], f"{name}/3/shard-2-of-3.npz is of an audit with {words} than")
        self.refused([*files[:2], shards_of(place, K, Reading("b,t"), tmp_path / "f", 4)[3]], "4 shards instead of 3")
        np.save(tmp_path / "v.npy", np.random.default_rng(0).random((K, 4), np.float32))
        books = read_belongings(tmp_path / "v.npy", None)
        with_books = shards_of(place, None, Reading("b,t"), tmp_path / "g", 3, books)
        self.refused([*files[:2], with_books[2]], r"other code vectors \(--codebook\)")
        with pytest.raises(RecordError, match="was left by an audit with another codebook size"):
            run_index_shard(place, K + 1, Reading("b,t"), None, Shard(1, 3), tmp_path / "s" / "3")

    def test_a_dump_that_changes_between_shards(self, place, tmp_path):
        files = shards_of(place, K, Reading("b,t"), tmp_path / "s", 3)
        np.save(place / "4.npy", rows_of(9)[:50])
        run_index_shard(place, K, Reading("b,t"), None, Shard(3, 3), tmp_path / "later")
        self.refused([*files[:2], tmp_path / "later" / Shard(3, 3).file], "'4.npy' is another file in .*later")
        files[0].write_bytes(files[0].read_bytes()[:-900])
        self.refused(files, "shard-1-of-3.npz is no state of an audit, or is damaged")
        with pytest.raises(RecordError, match=r"'4\.npy' is another file than when shard-2-of-3\.npz was begun"):
            run_index_shard(place, K, Reading("b,t"), None, Shard(2, 3), tmp_path / "s" / "3")

    def test_latents_and_nothing(self, place, tmp_path):
        np.save(tmp_path / "v.npy", np.zeros((K, 4), np.float32))
        np.save(tmp_path / "z.npy", np.zeros((9, 4), np.float32))
        with pytest.raises(SettingsError, match="counted by one process"):
            run_index_shard(
                place,
                None,
                Reading("b,t"),
                read_belongings(tmp_path / "v.npy", tmp_path / "z.npy"),
                Shard(1, 2),
                tmp_path,
            )
        np.save(tmp_path / "none.npy", np.full((40, 20), -1))
        self.refused(
            shards_of(tmp_path / "none.npy", K, Reading(), tmp_path / "n", 2), "holds no indices, only padding"
        )


@pytest.mark.skipif(not REAL.exists(), reason="needs the shared data")
def test_the_known_answer_in_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(stretches, "FEWEST", 64)
    heads = assert_same(REAL, 1024, tmp_path, Reading("b,t"), cuts=(3,))
    assert sorted(head.tokens for head in heads) == [50_816, 51_072, 51_712] or len({head.tokens for head in heads}) > 1
    level = merge_index_shards([tmp_path / "3" / Shard(n, 3).file for n in (2, 3, 1)]).audit.levels[0]
    counts = level.counts[level.counts > 0]
    assert (level.tokens, len(counts)) == (153_600, 1024)
    assert -(counts / 153_600 * np.log2(counts / 153_600)).sum() == pytest.approx(9.70, abs=0.005)
    frames = np.load(REAL).reshape(1200, -1)
    assert (frames[1:] == frames[:-1]).mean() == pytest.approx(0.352, abs=0.0005)
