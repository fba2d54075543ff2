"""Running an audit: against tokenizing each picture by itself; stopped and resumed; over files that cannot be read."""

import numpy as np
import pytest
from small_audit import after, assert_same

from explorer.audit import batches
from explorer.audit import run as module
from explorer.audit.accumulator import Accumulator
from explorer.audit.run import run_audit
from explorer.audit.sources import MediaSource, open_source
from explorer.foundation.errors import ExplorerError, MediaError, RecordError
from explorer.joints.audit import Audit
from explorer.media.pictures.image import fit, load_image


def test_an_audit_is_the_sum_of_its_records(grey, pictures):
    root, paths = pictures
    audit = run_audit(grey, open_source(root), title="Eleven", seed=3)
    expected = Accumulator(grey.codebooks(), "sum", 3)
    for path in paths:
        expected.add(grey.tokenize(fit(load_image(path), 8, 1024).pixels).levels)
    assert_same(audit.levels, expected.levels())
    assert_same(audit.joint, expected.joint())
    assert audit.media == tuple(path.relative_to(root).as_posix() for path in paths)
    assert audit.complete and audit.planned == 11 and audit.skipped == () and audit.title == "Eleven"
    assert (audit.tokenizer_id, audit.layout, audit.settings["seed"]) == ("grey", "grid2d", 3)


def test_pictures_of_one_size_are_encoded_together(grey, pictures, monkeypatch):
    monkeypatch.setattr(batches, "STRETCH_PIXELS", 2**20)
    run_audit(grey, open_source(pictures[0]), title="")
    assert sorted(grey.encoded) == [1, 2, 2, 3, 4]  # 5 x 3 pixels become 8 x 8; the last is the first one again
    monkeypatch.setattr(batches, "TOGETHER_CPU", 2 * 64 * 96)
    grey.encoded.clear()
    run_audit(grey, open_source(pictures[0]), title="")
    assert sorted(grey.encoded) == [1, 1, 2, 2, 2, 2, 2]


@pytest.mark.parametrize("stops", [[0], [1], [3], [2, 0, 1]])
def test_stopped_and_resumed_is_as_never_stopped(grey, pictures, stops, tmp_path):
    root, paths = pictures
    paths[4].write_text("no picture")
    whole = run_audit(grey, open_source(root), title="t", seed=1)
    state, done = tmp_path / "state.npz", 0
    for stop in stops:
        part = run_audit(grey, open_source(root), title="t", seed=1, resume=state, cancelled=after(stop))
        assert not part.complete and part.planned == 11 and state.exists()
        assert len(part.media) >= done
        done = len(part.media)
        assert part.levels[0].tokens == whole.levels[0].batches[:done, 0].sum()
    assert_same(run_audit(grey, open_source(root), title="t", seed=1, resume=state), whole)
    assert whole.skipped[0][0] == "a/04.png" and state.exists(), "who wrote the audit takes it away"


def test_a_partial_audit_is_that_of_the_first_media(grey, pictures):
    root, paths = pictures
    part = run_audit(grey, open_source(root), title="t", cancelled=after(2))
    assert part.media == tuple(path.relative_to(root).as_posix() for path in paths[:2])
    expected = Accumulator(grey.codebooks(), "sum", 0)
    for path in paths[:2]:
        expected.add(grey.tokenize(fit(load_image(path), 8, 1024).pixels).levels)
    assert_same(part.levels, expected.levels())


def test_the_state_is_written_along_the_way(grey, pictures, monkeypatch, tmp_path):
    """So that a process that is killed loses little: the state of an earlier moment leads to the same audit."""
    monkeypatch.setattr(module, "STATE_EVERY_S", -1)
    state, kept = tmp_path / "state.npz", []
    whole = run_audit(
        grey, open_source(pictures[0]), title="t", resume=state,
        progress=lambda p: kept.append(state.read_bytes() if state.exists() else b""),
    )  # fmt: skip
    assert kept[0] == b"" and all(kept[1:]) and len(kept) == 7
    state.write_bytes(kept[3])
    assert_same(run_audit(grey, open_source(pictures[0]), title="t", resume=state), whole)


def test_large_codebooks_and_pair_tables_resume_too(pictures, monkeypatch, tmp_path, grey):
    monkeypatch.setattr("explorer.audit.pairs.DENSE_PAIRS", 0)
    monkeypatch.setattr("explorer.audit.key_sample.KEYS_AT_ONCE", 100)
    monkeypatch.setattr("explorer.audit.pairs.PAIR_KEYS", 20)
    monkeypatch.setattr("explorer.audit.accumulator.JOINT_KEYS", 20)
    whole = run_audit(grey, open_source(pictures[0]), title="t")
    state = tmp_path / "state.npz"
    run_audit(grey, open_source(pictures[0]), title="t", resume=state, cancelled=after(3))
    assert_same(run_audit(grey, open_source(pictures[0]), title="t", resume=state), whole)
    assert not whole.joint.complete and whole.joint.tokens < whole.tokens and whole.levels[0].neighbours.sampled


def test_a_state_of_another_audit_is_refused(grey, pictures, tmp_path):
    root, paths = pictures
    state = tmp_path / "state.npz"
    run_audit(grey, open_source(root), title="t", resume=state, cancelled=after(1))
    with pytest.raises(RecordError, match=r"state\.npz was left by an audit with another seed. Repeat"):
        run_audit(grey, open_source(root), title="t", seed=1, resume=state)
    paths[0].rename(paths[0].with_name("other.png"))
    with pytest.raises(RecordError, match="other files"):
        run_audit(grey, open_source(root), title="t", resume=state)
    for damaged in (b"nonsense", state.read_bytes()[:-500], b""):
        state.write_bytes(damaged)
        with pytest.raises(RecordError, match="no state of an audit, or is damaged"):
            run_audit(grey, open_source(root), title="t", resume=state)


def test_files_that_cannot_be_read_are_listed_and_the_others_counted(grey, pictures):
    root, paths = pictures
    (root / "a" / "sound.wav").write_bytes(b"RIFF....WAVE")
    (root / "notes.txt").write_text("notes")
    paths[1].write_bytes(paths[1].read_bytes()[:200])
    (root / ".hidden.png").write_text("not counted at all")
    audit = run_audit(grey, open_source(root), title="t")
    assert dict(audit.skipped).keys() == {"a/01.png", "a/sound.wav", "notes.txt"}
    assert "not a picture" in dict(audit.skipped)["a/sound.wav"] and "not a picture" in dict(audit.skipped)["notes.txt"]
    assert len(audit.media) == 10 and audit.planned == 13 and audit.complete


def test_nothing_that_can_be_read(grey, tmp_path):
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(MediaError, match=r"No file of 1 could be read.*notes\.txt.*not a picture"):
        run_audit(grey, open_source(tmp_path), title="t")


def test_what_the_tokenizer_refuses_is_skipped_alone(grey, pictures, monkeypatch):
    whole = type(grey).encode

    def picky(self, media):
        if any(medium.mean() > 0.55 for medium in media):
            raise MediaError("too bright")
        return whole(self, media)

    monkeypatch.setattr(type(grey), "encode", picky)
    bright = [p for p in pictures[1] if fit(load_image(p), 8, 1024).pixels.mean() > 0.55]
    audit = run_audit(grey, open_source(pictures[0]), title="t")
    assert 0 < len(bright) < 11 and [why for _, why in audit.skipped] == ["too bright"] * len(bright)
    assert {name for name, _ in audit.skipped} == {p.relative_to(pictures[0]).as_posix() for p in bright}
    assert audit.complete and len(audit.media) == 11 - len(bright)


def test_progress_counts_up_to_what_was_planned(grey, pictures):
    seen = []
    run_audit(grey, open_source(pictures[0]), title="t", progress=seen.append)
    assert [p.done for p in seen] == [1, 2, 4, 5, 6, 10, 11] and {p.planned for p in seen} == {11}
    assert all(p.media_per_second > 0 and p.seconds_left >= 0 for p in seen) and seen[-1].seconds_left == 0
    assert seen[-1].tokens == sum(max(1, h // 8) * max(1, w // 8) for h, w in np.array([
        (64, 96), (64, 96), (40, 48), (96, 64), (96, 64), (96, 64), (41, 50), (8, 8), (5, 3), (64, 96), (64, 96)
    ]).tolist())  # fmt: skip
    assert seen[-1].name == "b/10.png" and seen[-1].seconds > 0


def test_a_full_disk_leaves_the_old_state(grey, pictures, monkeypatch, tmp_path):
    state = tmp_path / "state.npz"
    run_audit(grey, open_source(pictures[0]), title="t", resume=state, cancelled=after(1))
    before = state.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExplorerError, match=r"cannot write state\.npz: No space left on device"):
        run_audit(grey, open_source(pictures[0]), title="t", resume=state, cancelled=after(1))
    assert state.read_bytes() == before and [p.name for p in tmp_path.iterdir() if p.is_file()] == ["state.npz"]


def test_memory_does_not_grow_with_the_number_of_media(grey):
    """What the accumulator holds after 40 media of one size is what it held after 20, but for rows that are bounded."""
    pixels = np.random.default_rng(0).random((40, 64, 96, 3)).astype(np.float32)
    accumulator, sizes = Accumulator(grey.codebooks(), "sum", 0), []
    for medium in pixels:
        accumulator.add(grey.tokenize(medium).levels)
        state = accumulator.state()
        bounded = [name for name in state if not any(part in name for part in ("rows", "latents", "joint", "language"))]
        sizes.append(sum(state[name].nbytes for name in bounded))
    assert sizes[39] == sizes[19]


def test_the_audit_path_of_a_real_tokenizer_gives_the_codes_of_tokenize():
    """Batched and without the decoder, codes are those of one picture at a time, but for near ties."""
    from explorer.tokenizers import load_tokenizer

    tokenizer = load_tokenizer("rvq-4", device="cpu")
    pixels = np.random.default_rng(0).random((3, 64, 48, 3)).astype(np.float32)
    for one, levels in zip(pixels, tokenizer.encode(list(pixels)), strict=True):
        record = tokenizer.tokenize(one)
        for mine, theirs in zip(levels, record.levels, strict=True):
            assert mine.layout == theirs.layout and np.mean(mine.indices == theirs.indices) > 0.99
        np.testing.assert_allclose(levels[0].z_e, record.levels[0].z_e, atol=1e-3)
    with pytest.raises(MediaError, match="one size"):
        tokenizer.encode([pixels[0], pixels[1][:32]])


def test_a_tokenizer_of_sound_says_so(grey, pictures, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(type(grey), "spec", replace(grey.spec, modality="audio"))
    with pytest.raises(MediaError, match="This file is a picture"):
        run_audit(grey, open_source(pictures[0]), title="t")


def test_an_error_that_is_no_bad_file_ends_the_run(grey):
    def broken(number, modality):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_audit(grey, MediaSource("t", ("a",), broken), title="t")
    assert Audit.complete.fget is not None
