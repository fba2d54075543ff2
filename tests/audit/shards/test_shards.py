"""Shards: over random splits, orders and kills their merge is the audit of one process, to the bit."""

import itertools
import shutil

import numpy as np
import pytest
from small_audit import GreyTokenizer, after, assert_same, save_picture

from explorer.audit import run as run_module
from explorer.audit.batches import BLOCK, CLIPS, MANY_BLOCKS, SMALL_BLOCK, block_length
from explorer.audit.run import run_audit
from explorer.audit.shards.merge import merge_shards
from explorer.audit.shards.plan import Shard, shard_named
from explorer.audit.shards.run import run_shard
from explorer.audit.sources import open_source
from explorer.foundation.errors import ExplorerError, MediaError, RecordError, SettingsError
from explorer.media.fitting import Fitting

SIZES = [(64, 96), (64, 96), (40, 48), (96, 64), (24, 24), (8, 8), (5, 3)]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Forty files: pictures, of which several are of one size after another, and files that are none."""
    root, random = tmp_path_factory.mktemp("mixed") / "media", np.random.default_rng(5)
    for number in range(40):
        path = root / f"{number:02}.png"
        if number % 7 == 3 or 16 <= number < 19:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("no picture")
        else:
            save_picture(path, *SIZES[int(random.integers(len(SIZES))) if number % 3 else 0], seed=number)
    return open_source(root)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr("explorer.audit.batches.SMALL_BLOCK", 2)


@pytest.fixture
def small_memory(monkeypatch):
    """Bounds that are reached, so that what is thinned, sampled or cut is merged, too."""
    monkeypatch.setattr("explorer.audit.pairs.DENSE_PAIRS", 0)
    monkeypatch.setattr("explorer.audit.pairs.PAIR_KEYS", 20)
    monkeypatch.setattr("explorer.audit.accumulator.JOINT_KEYS", 15)
    monkeypatch.setattr("explorer.audit.key_sample.KEYS_AT_ONCE", 100)


def run_all(folder, source, of, **options):
    for number in range(1, of + 1):
        assert run_shard(GreyTokenizer(), source, Shard(number, of), folder, title="t", **options)[1]
    return [folder / Shard(number, of).file for number in range(1, of + 1)]


@pytest.mark.parametrize("bounded", [False, True])
def test_random_splits_orders_and_kills_are_one_audit(mixed, tmp_path, monkeypatch, bounded, request):
    if bounded:
        request.getfixturevalue("small_memory")
    whole = run_audit(GreyTokenizer(), mixed, title="t", seed=4)
    random = np.random.default_rng(6)
    for round_, of in enumerate((1, 2, 3, 7, 25)):
        folder = tmp_path / str(round_)
        for number in random.permutation(of).tolist():
            shard = Shard(number + 1, of)
            for _ in range(int(random.integers(0, 3))):  # stopped after so many batches, its state begun anew
                run_shard(
                    GreyTokenizer(), mixed, shard, folder, title="t", seed=4, cancelled=after(random.integers(0, 4))
                )
            assert run_shard(GreyTokenizer(), mixed, shard, folder, title="t", seed=4)[1]
        paths = [folder / Shard(number + 1, of).file for number in random.permutation(of)]
        merged = merge_shards(paths)
        assert merged.missing == () and merged.audit.complete
        assert_same(merged.audit, whole)
        assert merged.audit.seconds > 0
    assert whole.joint.complete != bounded and whole.joint.sampled == bounded
    assert whole.levels[0].neighbours.sampled == bounded and whole.skipped[0][0] == "03.png"


def test_shards_of_several_plans_fit_together(mixed, tmp_path):
    """One of two halves, and the other half as shards 5 to 8 of 8: the same files, once each."""
    whole = run_audit(GreyTokenizer(), mixed, title="t")
    run_shard(GreyTokenizer(), mixed, Shard(1, 2), tmp_path, title="t")
    for number in (8, 5, 7, 6):
        run_shard(GreyTokenizer(), mixed, Shard(number, 8), tmp_path, title="t")
    assert_same(merge_shards([tmp_path]).audit, whole)


def test_a_kill_at_any_moment_leaves_a_state_that_goes_on(mixed, tmp_path, monkeypatch):
    """A state of every moment at which one is written leads to the same file."""
    monkeypatch.setattr(run_module, "STATE_EVERY_S", -1)
    whole, kept, file = run_audit(GreyTokenizer(), mixed, title="t"), [], tmp_path / Shard(2, 2).file

    def keep(progress):
        if file.exists():
            kept.append(file.read_bytes())

    run_shard(GreyTokenizer(), mixed, Shard(1, 2), tmp_path, title="t")
    run_shard(GreyTokenizer(), mixed, Shard(2, 2), tmp_path, title="t", progress=keep)
    assert len(kept) > 5
    monkeypatch.setattr(run_module, "_encode_again", lambda *_: 1 / 0)  # killed behind the last file
    file.unlink()
    with pytest.raises(ZeroDivisionError):
        run_shard(GreyTokenizer(), mixed, Shard(2, 2), tmp_path, title="t")
    monkeypatch.undo()
    monkeypatch.setattr("explorer.audit.batches.SMALL_BLOCK", 2)
    for state in [file.read_bytes(), *kept]:
        file.write_bytes(state)
        with pytest.raises(RecordError, match="Not done: shard 2 of 2, "):
            merge_shards([tmp_path])
        run_shard(GreyTokenizer(), mixed, Shard(2, 2), tmp_path, title="t")
        assert_same(merge_shards([tmp_path]).audit, whole)


def test_a_shard_that_is_done_is_not_counted_again(mixed, tmp_path):
    (path,) = run_all(tmp_path, mixed, 1)
    before, grey = path.read_bytes(), GreyTokenizer()
    assert run_shard(grey, mixed, Shard(1, 1), tmp_path, title="t")[1]
    assert grey.encoded == [] and path.read_bytes() == before


def test_what_is_missing_is_named_and_merged_only_when_asked(mixed, tmp_path):
    paths = run_all(tmp_path, mixed, 4)  # ten files each
    gone = paths[1:3]
    for path in gone:
        path.rename(path.with_suffix(".gone"))
    words = "Missing: shards 2, 3 of 4 (files 11 to 30 of 40)"
    with pytest.raises(RecordError) as refused:
        merge_shards([tmp_path])
    assert str(refused.value) == f"{words}. Run what is missing, or merge what there is with --partial."
    run_shard(GreyTokenizer(), mixed, Shard(2, 4), tmp_path, title="t", cancelled=after(2))
    merged = merge_shards([tmp_path], partial=True)
    left = int(merged.missing[0].split(", ")[1].split(" ")[0])
    assert merged.missing == (
        f"Not done: shard 2 of 4, {left} of its 10 files left", "Missing: shard 3 of 4 (files 21 to 30 of 40)"
    )  # fmt: skip
    audit = merged.audit
    assert 0 < left < 10 and not audit.complete and audit.settings["notes"] == list(merged.missing)
    assert len(audit.media) + len(audit.skipped) == 30 - left and audit.planned == 40
    names = set(mixed.names[: 20 - left]) | set(mixed.names[30:])
    assert set(audit.media) | {name for name, _ in audit.skipped} == names


def test_shards_that_do_not_belong_together_are_named(mixed, tmp_path, monkeypatch):
    here = run_all(tmp_path / "here", mixed, 2)
    twice = tmp_path / "twice"
    shutil.copytree(tmp_path / "here", twice)
    with pytest.raises(RecordError, match=r"shard 1 of 2 is there twice: .*here.*shard-1-of-2.* and .*twice"):
        merge_shards([tmp_path / "here", twice])
    run_shard(GreyTokenizer(), mixed, Shard(2, 4), twice, title="t")
    with pytest.raises(RecordError, match=r"shard 1 of 2 \(.*\) and shard 2 of 4 \(.*\) count the same files"):
        merge_shards([*here, twice / Shard(2, 4).file])

    def other(words, tokenizer=None, source=None, **options):
        folder = tmp_path / words[:14].replace(" ", "-")
        run_shard(tokenizer or GreyTokenizer(), source or mixed, Shard(2, 2), folder, title="t", **options)
        with pytest.raises(RecordError) as refused:
            merge_shards([here[0], folder])
        assert f"of an audit with {words} than" in str(refused.value) and Shard(2, 2).file in str(refused.value)

    other("another seed", seed=1)
    other("another size, crop or filter of the pictures", side_px=Fitting(32))
    tokenizer = GreyTokenizer()
    tokenizer.fine = tokenizer.fine * 2
    other("another revision of the tokenizer, or other codebooks", tokenizer)
    tokenizer = GreyTokenizer()
    tokenizer.device = "cuda"
    other("another device", tokenizer)
    fewer = open_source(save_picture(tmp_path / "other" / "0.png", 16, 16, 0).parent)
    other("other files", source=fewer)


def test_damaged_files_and_folders_without_shards(mixed, tmp_path):
    paths = run_all(tmp_path, mixed, 2)
    paths[1].write_bytes(paths[1].read_bytes()[:-300])
    with pytest.raises(RecordError, match=r"shard-2-of-2\.npz is no state of an audit, or is damaged"):
        merge_shards([tmp_path])
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "empty", tmp_path / "gone"):
        with pytest.raises(RecordError, match="holds no shards of an audit"):
            merge_shards([nothing])


def test_a_shard_refuses_the_file_of_another(mixed, tmp_path):
    run_all(tmp_path, mixed, 2)
    (tmp_path / Shard(1, 2).file).rename(tmp_path / Shard(2, 2).file)
    with pytest.raises(RecordError, match="left by an audit of shard 1 of 2, and not of shard 2 of 2"):
        run_shard(GreyTokenizer(), mixed, Shard(2, 2), tmp_path, title="t")


def test_nothing_that_can_be_read(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text("notes")
    run_all(tmp_path / "out", open_source(tmp_path), 3)
    with pytest.raises(MediaError, match=r"No file of 6 could be read.*0\.txt.*not a picture"):
        merge_shards([tmp_path / "out"])


def test_a_model_that_changes_while_it_is_counted_stays_known(mixed, tmp_path):
    """In the second shard alone codes change; the merge says so although the first shard's did not."""

    class Restless(GreyTokenizer):
        def encode(self, media):
            self.calls = getattr(self, "calls", 0) + 1
            self.fine = GreyTokenizer.fine if self.calls < 3 else GreyTokenizer.fine[::-1].copy()
            return super().encode(media)

    run_shard(GreyTokenizer(), mixed, Shard(1, 2), tmp_path, title="t")
    run_shard(Restless(), mixed, Shard(2, 2), tmp_path, title="t")
    assert merge_shards([tmp_path]).audit.trial.changed > 0
    assert run_audit(GreyTokenizer(), mixed, title="t").trial.changed == 0


def test_spans_are_whole_blocks_that_tile(monkeypatch):
    monkeypatch.setattr("explorer.audit.batches.SMALL_BLOCK", SMALL_BLOCK)
    assert block_length(MANY_BLOCKS * BLOCK - 1, "image") == SMALL_BLOCK
    assert block_length(MANY_BLOCKS * BLOCK, "image") == BLOCK and block_length(10**6, "video") == CLIPS
    for planned, of in itertools.product((1, 15, 16, 17, 100, 1_281_167), (1, 2, 3, 8, 64)):
        spans = [Shard(number, of).span(planned, "image") for number in range(1, of + 1)]
        assert spans[0].first == 0 and spans[-1].stop == planned
        assert all(a.stop == b.first for a, b in itertools.pairwise(spans))
        block = block_length(planned, "image")
        assert all(span.stop % block == 0 for span in spans[:-1] if span.stop < planned)
        sizes = [-(-(span.stop - span.first) // block) for span in spans]
        assert max(sizes) - min(sizes) <= 1
    assert Shard(3, 64).span(1_281_167, "image").words == "shard 3 of 64"


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_shards_that_cannot_be(text):
    with pytest.raises(SettingsError, match="A shard is i/n"):
        shard_named(text)
    assert shard_named(" 3/8") == Shard(3, 8) and Shard(3, 8).file == "shard-3-of-8.npz"


def test_a_full_disk_at_the_end_leaves_the_state_before(mixed, tmp_path, monkeypatch):
    run_shard(GreyTokenizer(), mixed, Shard(1, 2), tmp_path, title="t", cancelled=after(2))
    before = (tmp_path / Shard(1, 2).file).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExplorerError, match="No space left on device"):
        run_shard(GreyTokenizer(), mixed, Shard(1, 2), tmp_path, title="t")
    assert (tmp_path / Shard(1, 2).file).read_bytes() == before
