"""The audits that ship: complete, of the checkpoints that are here, small, and without a pixel of any picture."""

import io

import numpy as np
import pytest
import torch

from explorer.audit.opening import take_audit
from explorer.audit.run import run_audit
from explorer.audit.shipped import (
    AUDITS,
    KNOWN,
    SAMPLES_AUDIT,
    audits_folder,
    leave_out_shared,
    list_audits,
    load_shipped,
    shared_audits_folder,
    shorten_latents,
)
from explorer.audit.sources import MediaSource, samples_source
from explorer.foundation.errors import RecordError, UnknownIdError
from explorer.joints.audit_parts import CODES_DETAILED
from explorer.joints.files.audits import load_audit
from explorer.media.samples import samples_of
from explorer.pages.codebook import audits
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.tokenizers.native.checkpoint import is_needed, load_model
from tests.shipped import counted_ids, shipped_ids

IDS = counted_ids()
MOST_BYTES = 27 * 2**20
MEDIA = {"image": 100, "audio": 61, "video": 100, "vectors": 20}  # held out, by modality


@pytest.mark.parametrize("tokenizer_id", IDS)
def test_each_tokenizer_has_its_audits(tokenizer_id):
    spec = next(spec for spec in list_tokenizers() if spec.id == tokenizer_id)
    assert list_audits(tokenizer_id) == AUDITS[spec.modality]
    for audit_id in KNOWN:
        audit = load_shipped(tokenizer_id, audit_id)
        assert audit.complete and audit.skipped == () and audit.tokenizer_id == tokenizer_id
        assert len(audit.levels) == spec.num_quantizers
        assert (audit.joint is None) == (spec.num_quantizers == 1 or not audit.even)
        held_out = audit_id != SAMPLES_AUDIT
        many = MEDIA.get(spec.modality, spec.measured.get("series"))
        assert len(audit.media) == (many if held_out else len(samples_of(spec.modality)))
        grids = {"vq-vae-2": (1, 4)}.get(tokenizer_id, (1,) * spec.num_quantizers)  # of the tokens of the first level
        assert [level.tokens for level in audit.levels] == [many * audit.tokens for many in grids]
        for level in audit.levels:
            assert level.codebook_size == spec.codebook_size
            assert level.tokens > spec.codebook_size or not (held_out or spec.modality == "image")
            assert len(level.latents) == min(4096, level.tokens)
            detailed = spec.codebook_size <= CODES_DETAILED
            assert (level.exemplars is not None) == detailed
            assert (level.neighbours is not None) == (
                detailed and spec.layout != "set1d"
            )  # without places there are none


def test_they_are_small_and_hold_numbers_only():
    files = [path for name in IDS for path in audits_folder(name).rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"audit.json", "counts.npy", "details.npz"}
    sharing = [name for name in IDS if shared_audits_folder(name)]  # only audit.json is their own
    assert len(files) == len(KNOWN) * (3 * len(IDS) - 2 * len(sharing))
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


SHARING = [(name, folder.parent.name) for name in IDS if (folder := shared_audits_folder(name))]


def test_audits_are_shared_by_the_adversarial_tokenizer_of_sound_alone():
    assert [("sound-rvq-8-gan", "sound-rvq-8")] * ("sound-rvq-8-gan" in IDS) == SHARING


@pytest.mark.parametrize("name, other", SHARING)
def test_tokenizers_that_share_audits_have_the_same_encoder_and_codes_to_the_bit(name, other):
    mine, theirs = (load_model(audits_folder(one).parent).state_dict() for one in (name, other))
    shared = [key for key in theirs if key.startswith(("encoder.", "quantizer.")) and is_needed(key)]
    assert sum(key.endswith(".vectors") for key in shared) == 8
    assert {key.split(".")[0] for key in shared} == {"encoder", "quantizer"} and set(mine) == set(theirs)
    for key in shared:
        assert mine[key].numpy().tobytes() == theirs[key].numpy().tobytes(), key
    assert any(not torch.equal(mine[key], theirs[key]) for key in theirs if key.startswith("decoder."))


@pytest.mark.parametrize("name, other", SHARING)
@pytest.mark.parametrize("audit_id", KNOWN)
def test_a_shared_audit_is_shown_as_the_tokenizers_own(name, other, audit_id):
    mine, theirs = load_shipped(name, audit_id), load_shipped(other, audit_id)
    assert (mine.tokenizer_id, theirs.tokenizer_id) == (name, other) and mine.title == theirs.title
    for one, two in zip(mine.levels, theirs.levels, strict=True):
        np.testing.assert_array_equal(one.counts, two.counts)
        np.testing.assert_array_equal(one.latents, two.latents)
    assert not np.array_equal(mine.trial.decoded, theirs.trial.decoded)  # what its own decoder gives


@pytest.mark.parametrize("name, other", SHARING)
def test_the_files_of_a_shared_audit_come_whole(name, other, tmp_path):
    opened = audits.open_audit(None, name, "val")
    assert (opened.spec.id, opened.audit.tokenizer_id) == (name, name) and opened.key == (name, "val")
    counts = np.load(io.BytesIO(audits.file_of(opened, "npy")["bytes"]))
    np.testing.assert_array_equal(counts, np.load(audits_folder(other) / "val" / "counts.npy"))
    sent = audits.file_of(opened, "zip")
    (tmp_path / sent["name"]).write_bytes(sent["bytes"])
    (tmp_path / "taken").mkdir()
    taken = take_audit([tmp_path / sent["name"]], tmp_path / "taken")
    assert taken.tokenizer_id == name and taken.tokens == opened.audit.tokens


def test_arrays_are_left_out_only_where_they_are_those_of_the_other(tmp_path, monkeypatch):
    folders = {name: tmp_path / name / "audits" for name in ("one", "other")}
    monkeypatch.setattr("explorer.audit.shipped.audits_folder", folders.get)
    for name, folder in folders.items():
        (folder / "val").mkdir(parents=True)
        (folder.parent / "config.json").write_text('{"shares": "other"}' if name == "one" else "{}")
        for file in ("audit.json", "counts.npy", "details.npz"):
            (folder / "val" / file).write_bytes(b"same" if file != "details.npz" else name.encode())
    assert leave_out_shared("other", "val") == () and len(list((folders["other"] / "val").iterdir())) == 3
    assert leave_out_shared("one", "val") == ("counts.npy",)
    assert {path.name for path in (folders["one"] / "val").iterdir()} == {"audit.json", "details.npz"}


def test_latents_are_rounded_to_even_and_end_in_an_empty_byte():
    values = np.concatenate([np.random.default_rng(0).normal(size=1000), [0, 1 + 2.0**-16, 1 + 3 * 2.0**-16, 1e-30]])
    values = values.astype(np.float32)
    found = shorten_latents(values)
    assert found.dtype == np.float32 and not (found.view(np.uint32) & 0xFF).any()
    assert (np.abs(found.astype(np.float64) - values) <= 2.0**-16 * np.abs(values)).all()
    assert found[-3:-1].tolist() == [1.0, 1 + 2.0**-14]  # halves go to the even neighbour
    assert np.array_equal(shorten_latents(found), found)
    odd = np.array([np.nan, np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(shorten_latents(odd), odd)
    shipped = [load_shipped(name, SAMPLES_AUDIT) for name in IDS]
    assert not any((level.latents.view(np.uint32) & 0xFF).any() for audit in shipped for level in audit.levels)


@pytest.mark.parametrize("tokenizer_id", ["fsq", "pq-4", *shipped_ids("audio", "video")])
def test_the_checkpoint_gives_the_same_codes_again(tokenizer_id):
    """The first three samples by the tokenizer's own forward pass against the rows that the audit kept of them."""
    audit, tokenizer = load_shipped(tokenizer_id, SAMPLES_AUDIT), load_tokenizer(tokenizer_id, device="cpu")
    source = samples_source(tokenizer.spec.modality)
    again = run_audit(tokenizer, MediaSource("t", source.names[:3], source.read), title="t")
    for kept, made in zip(audit.levels, again.levels, strict=True):
        np.testing.assert_array_equal(kept.batches[:3, 0], made.batches[:, 0])
        np.testing.assert_allclose(kept.batches[:3, 1:], made.batches[:, 1:], rtol=0.01)  # other threads, other ties


def test_unknown_ids_list_the_valid_ones():
    with pytest.raises(UnknownIdError, match="val"):
        load_shipped("fsq", "vall")
    with pytest.raises(UnknownIdError, match="fsq"):
        list_audits("fsqq")


def test_a_damaged_audit_is_said_to_be(tmp_path, monkeypatch):
    folder = tmp_path / "fsq" / "audits" / "val"
    folder.mkdir(parents=True)
    (folder / "audit.json").write_text('{"title": "x"}')
    monkeypatch.setattr("explorer.audit.shipped.audits_folder", lambda tokenizer_id: tmp_path / tokenizer_id / "audits")
    assert list_audits("fsq") == {"val": "x"}
    with pytest.raises(RecordError, match="holds no audit"):
        load_shipped("fsq", "val")
    (folder / "audit.json").write_text("{")
    assert list_audits("fsq") == {}


def test_a_shipped_audit_is_read_once():
    assert load_shipped("fsq", "val") is load_shipped("fsq", "val")
    assert load_audit(audits_folder("fsq") / "val") is not load_shipped("fsq", "val")
