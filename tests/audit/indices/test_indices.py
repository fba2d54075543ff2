"""Plain indices: counts against numpy.unique over the whole array, and every file that is no array of indices."""

import zipfile

import numpy as np
import pytest
from scipy.stats import entropy

from explorer.audit.counting import GROWTH_AT
from explorer.audit.indices import blocks as module
from explorer.audit.indices.run import audit_indices
from explorer.foundation.errors import Cancelled, RecordError, SettingsError
from explorer.joints.files.audits import load_audit, save_audit

K = 50


def saved(path, array):
    np.save(path, array)
    return path


def skewed(shape, seed=0, dtype=np.int64):
    return np.minimum(np.random.default_rng(seed).geometric(0.1, size=shape) - 1, K - 3).astype(dtype)


@pytest.fixture(params=[2**22, 4096, 100], ids=lambda piece: f"pieces of {piece}")
def piece(request, monkeypatch):
    """The same answers, whatever is read at a time."""
    monkeypatch.setattr(module, "PIECE", request.param)


def parts_of(array):
    """The parts that stand for media, by the words of the module."""
    if array.ndim > 1:
        return [row.reshape(-1) for row in array]
    length = max(1024, -(-array.size // 2000))
    return [array[start : start + length] for start in range(0, array.size, length)]


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((10_000,), np.uint8), ((1025,), np.int64), ((7,), np.int16), ((90, 4, 6), np.int32), ((3, 5000), ">i4")],
)
def test_everything_agrees_with_numpy(piece, shape, dtype, tmp_path):
    array = skewed(shape, dtype=dtype)
    audit = audit_indices(saved(tmp_path / "i.npy", array), K)
    (level,), flat = audit.levels, array.reshape(-1).astype(int)
    codes, counts = np.unique(flat, return_counts=True)
    expected = np.zeros(K, int)
    expected[codes] = counts
    np.testing.assert_array_equal(level.counts, expected)
    for half in (0, 1):
        mine = np.concatenate([np.zeros(0, int), *parts_of(array)[half::2]]).astype(int)
        np.testing.assert_array_equal(level.halves[half], np.bincount(mine, minlength=K))
    at = [n for n in GROWTH_AT.tolist() if n <= flat.size]
    at += [flat.size] if at[-1] != flat.size else []
    assert level.growth.tolist() == [[n, len(np.unique(flat[:n]))] for n in at]
    rows = [(part.size, len(np.unique(part)), np.exp(entropy(np.unique(part, return_counts=True)[1])))
            for part in parts_of(array)]  # fmt: skip
    np.testing.assert_allclose(level.batches, rows)
    assert audit.complete and audit.media == ("i.npy",) and audit.layout == "unknown" and audit.tokenizer_id is None
    assert level.positions is None and level.neighbours is None and level.exemplars is None and level.latents is None


def test_many_parts_are_thinned(piece, tmp_path):
    array = skewed((9001, 3))
    (level,) = audit_indices(saved(tmp_path / "i.npy", array), K).levels
    kept = [len(np.unique(row)) for row in array[::5]]  # 9,001 parts, at most 2,000 rows
    assert level.batches[:, 1].tolist() == kept and set(level.batches[:, 0]) == {3}


def test_an_array_in_fortran_order_is_counted_as_it_is_meant(tmp_path):
    array = skewed((40, 60))
    (level,) = audit_indices(saved(tmp_path / "i.npy", np.asfortranarray(array)), K).levels
    (straight,) = audit_indices(saved(tmp_path / "c.npy", array), K).levels
    np.testing.assert_array_equal(level.batches, straight.batches)
    np.testing.assert_array_equal(level.halves, straight.halves)


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_levels_of_an_npz_and_their_tuples(piece, write, tmp_path):
    levels = [skewed((20, 8, 8), seed) for seed in range(3)]
    write(
        tmp_path / "t.npz", meta=np.array("{}"), z_e_0=np.zeros(3), **{f"indices_{n}": a for n, a in enumerate(levels)}
    )
    audit = audit_indices(tmp_path / "t.npz", K)
    assert [level.name for level in audit.levels] == ["level 1", "level 2", "level 3"]
    for level, array in zip(audit.levels, levels, strict=True):
        np.testing.assert_array_equal(level.counts, np.bincount(array.reshape(-1), minlength=K))
    _, counts = np.unique(np.stack([a.reshape(-1) for a in levels]), axis=1, return_counts=True)
    joint = audit.joint
    assert (joint.tokens, joint.distinct, joint.complete, joint.ceiling) == (1280, len(counts), True, 1280)
    assert joint.entropy_bits == pytest.approx(entropy(counts, base=2))


def test_levels_of_different_shape_have_no_tuples(tmp_path):
    np.savez(tmp_path / "t.npz", indices_0=skewed(100), indices_1=skewed(200), indices_10=skewed(300))
    audit = audit_indices(tmp_path / "t.npz", K)
    assert audit.joint is None and [level.tokens for level in audit.levels] == [100, 200, 300]


def test_the_only_array_of_an_npz_may_have_any_name(tmp_path):
    np.savez(tmp_path / "t.npz", codes=skewed(100))
    assert audit_indices(tmp_path / "t.npz", K).tokens == 100


def test_an_audit_of_indices_survives_the_disk(tmp_path):
    array = skewed((70, 64))
    equal = np.mean(array[1:] == array[:-1])
    audit = audit_indices(saved(tmp_path / "i.npy", array), K)
    back = load_audit(save_audit(tmp_path / "audit", audit))
    np.testing.assert_array_equal(back.levels[0].counts, audit.levels[0].counts)
    np.testing.assert_array_equal(back.levels[0].batches, audit.levels[0].batches)
    assert back.settings == {
        "codebook_size": K,
        "shape": [70, 64],
        "type": "int64",
        "axes": "b,t",
        "media": 70,
        "reading": "Read as 70 media of 64 tokens on one level (axes b,t, guessed).",
        "equal_to_medium_before": [pytest.approx(equal)],
        "notes": [f"{equal:.1%} of tokens equal the token at the same place of the medium before."],
    }


@pytest.mark.parametrize(
    ("array", "size", "words"),
    [
        (np.array([1.0, 2.5]), K, "float64 numbers that are not whole ones: 2.5 at place 1"),
        (np.array([True]), K, "holds bool"),
        (np.array(["a"]), K, "not whole numbers"),
        (np.array([3, 2, -2, -2]), K, r"Index -2 at place 2 .* is negative.*--ignore -2"),
        (np.array([-1, -1]), K, "only padding"),
        (np.array([0, 49, 50, 7]), K, r"Index 50 at place 2 .* outside 0\.\.49.* has 51 codes or more"),
        (np.array([2**64 - 1], np.uint64), K, "outside 0"),
        (np.array([], int), K, "holds no indices"),
        (np.zeros((5, 0), int), K, "holds no indices"),
        (np.zeros(11, int), K, "at most 10 are counted"),
    ],
)
def test_arrays_that_are_no_indices(array, size, words, tmp_path):
    with pytest.raises(RecordError, match=words):
        audit_indices(saved(tmp_path / "i.npy", array), size, most=10)


@pytest.mark.parametrize("size", [0, -5, 10**9])
def test_impossible_codebooks(size, tmp_path):
    with pytest.raises(SettingsError, match="codebook size"):
        audit_indices(saved(tmp_path / "i.npy", np.zeros(3, int)), size)


def test_an_error_late_in_the_file_names_its_place(piece, tmp_path):
    array = skewed(20_000)
    array[15_000] = K
    with pytest.raises(RecordError, match="Index 50 at place 15,000"):
        audit_indices(saved(tmp_path / "i.npy", array), K)


def test_progress_and_stopping(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PIECE", 2048)
    np.savez(tmp_path / "t.npz", indices_0=skewed(5000), indices_1=skewed(5000))
    seen = []
    audit_indices(tmp_path / "t.npz", K, progress=seen.append)
    assert [at.tokens for at in seen] == [2048, 4096, 6144, 8192, 10_000]
    assert [at.done for at in seen] == [0] * 4 + [1] and seen[4].seconds_left == 0 and seen[0].seconds_left > 0
    seen.clear()
    with pytest.raises(Cancelled, match="stopped"):
        audit_indices(tmp_path / "t.npz", K, progress=seen.append, cancelled=lambda: len(seen) == 4)
    assert len(seen) == 4


def test_objects_are_refused_and_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    np.save(tmp_path / "i.npy", np.array([Trap()], dtype=object))
    with pytest.raises(RecordError, match="pickled objects"):
        audit_indices(tmp_path / "i.npy", K)
    assert not (tmp_path / "sprung").exists()


def write(path, data):
    path.write_bytes(data)
    return path


def test_files_that_are_no_arrays(tmp_path):
    whole = saved(tmp_path / "whole.npy", skewed(1000)).read_bytes()
    np.savez_compressed(tmp_path / "two.npz", a=skewed(5), b=skewed(5))
    np.savez_compressed(tmp_path / "one.npz", a=skewed(100_000))
    packed = bytearray((tmp_path / "one.npz").read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    with zipfile.ZipFile(tmp_path / "empty.npz", "w") as archive:
        archive.writestr("note.txt", "no arrays")
    cases = [
        (tmp_path / "none.npy", "There is no file"),
        (write(tmp_path / "text.npy", b"hello"), "no array of numpy"),
        (write(tmp_path / "header.npy", whole[:10] + b"{'descr': (" + whole[21:]), "no array of numpy"),
        (write(tmp_path / "short.npy", whole[:-8]), "cut short"),
        (tmp_path / "two.npz", "must hold one array.*it holds: a, b"),
        (tmp_path / "empty.npz", "it holds: none"),
        (write(tmp_path / "damaged.npz", bytes(packed)), "damaged|negative|outside"),
    ]
    for path, words in cases:
        with pytest.raises(RecordError, match=words):
            audit_indices(path, K)
