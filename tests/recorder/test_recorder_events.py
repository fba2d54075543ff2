"""Codes that got new vectors: the library's own expiry, our own reseeding and jumps, against logs of their own."""

import numpy as np
import pytest
import torch

from explorer.quantizers import QUANTIZERS
from explorer.quantizers.reseeding import Reseeding
from explorer.quantizers.vq import CodebookOptions
from explorer.recorder import Recorder, open_recording
from tests.recorder.made_training import Small, batch, train


def log_expiry(book, log, clock):
    """By comparing codes around the method that looks for dead ones: the EMA was updated before it."""
    method = book.expire_codes_

    def expire_codes_(*args, **kwargs):
        before = book.embed.clone()
        method(*args, **kwargs)
        log.extend((clock[0], int(code)) for code in torch.nonzero((book.embed[0] != before[0]).any(-1))[:, 0])

    book.expire_codes_ = expire_codes_


@pytest.mark.parametrize("codes", [24, 100])  # of 100 more are dead than there are latents in a batch
def test_expired_codes_of_the_library_are_told_with_their_step(codes, tmp_path):
    library = pytest.importorskip("vector_quantize_pytorch")
    model, log, clock = Small(library.VectorQuantize(dim=8, codebook_size=codes, threshold_ema_dead_code=2)), [], [0]
    log_expiry(model.quantizer._codebook, log, clock)
    with Recorder(tmp_path / "run", every=5).watch(model) as recorder:
        for number in range(12):
            clock[0] = number + 1
            train(model, recorder, 1, first=number)
    recording = open_recording(tmp_path / "run")
    assert len(log) > 20 and sorted((event.step, event.code) for event in recording.events) == sorted(log)
    assert {event.strategy for event in recording.events} == {"expired"}
    often = np.bincount([code for _, code in log], minlength=codes)
    np.testing.assert_array_equal(recording.reseeds(len(recording.steps) - 1, 0), often)
    seen = set()
    for event in recording.events:
        assert event.died_again == (event.code in seen)
        seen.add(event.code)
    assert recording.tallies[:, 2].sum() == len(log) == recording.scalars["reseeded_0"].sum()
    assert recording.tallies[:, 3].sum() == len(log) - len(seen)
    for i, step in enumerate(recording.steps):  # a frame has those since the frame before
        earlier = recording.steps[i - 1] if i else 0
        expected = sorted(pair for pair in log if earlier < pair[0] <= step)
        assert sorted((event.step, event.code) for event in recording.frame(i).events) == expected


def test_a_version_of_the_library_whose_replacing_takes_less_trains_on(tmp_path):
    library = pytest.importorskip("vector_quantize_pytorch")
    model = Small(library.VectorQuantize(dim=8, codebook_size=24, threshold_ema_dead_code=2))
    book, log = model.quantizer._codebook, []
    whole = book.replace

    def expire_codes_(batch_samples, **_):
        expired = book.cluster_size < 2
        before = book.embed.clone()
        if expired.any():
            book.replace(batch_samples.flatten(1, -2), batch_mask=expired)
        log.extend(torch.nonzero((book.embed[0] != before[0]).any(-1))[:, 0].tolist())

    book.replace = lambda batch_samples, batch_mask: whole(batch_samples, batch_mask=batch_mask)
    book.expire_codes_ = expire_codes_
    with Recorder(tmp_path / "run", every=2).watch(model) as recorder:
        train(model, recorder, 6)
    assert len(log) > 10 and sorted(event.code for event in open_recording(tmp_path / "run").events) == sorted(log)


def test_our_own_reseeds_are_told_without_taking_them_from_others(tmp_path):
    options = CodebookOptions(reseeding=Reseeding(strategy="random_latent", every=3, threshold=0.95))
    model = Small(QUANTIZERS.load("vq")(8, 32, options))
    with Recorder(tmp_path / "run", every=10).watch(model) as recorder:
        train(model, recorder, 15)
        drained = model.quantizer.drain_events()
        train(model, recorder, 15, first=15)
        recorder.flush()
        drained += model.quantizer.drain_events()
    assert len(drained) > 5
    told = open_recording(tmp_path / "run").events
    assert sorted((e.step, e.code, e.strategy, e.source) for e in told) == sorted(
        (e.step, e.code, e.strategy, e.source) for e in drained
    )


def test_steps_of_our_reseeds_are_optimizer_steps(tmp_path):
    """Two forwards a step: the quantizer counts forwards, the recording steps."""
    options = CodebookOptions(reseeding=Reseeding(strategy="random_latent", every=4, threshold=0.95))
    quantizer = QUANTIZERS.load("vq")(8, 32, options)
    with Recorder(tmp_path / "run", every=10).watch(quantizer) as recorder:
        for number in range(20):
            for part in range(2):
                quantizer(torch.randn(64, 8, generator=torch.Generator().manual_seed(2 * number + part)))
            recorder.step()
        recorder.flush()
        drained = quantizer.drain_events()
    told = [event.step for event in open_recording(tmp_path / "run").events]
    assert len(told) > 5 and sorted(told) == sorted((event.step + 1) // 2 for event in drained)


def test_a_code_that_is_put_elsewhere_is_seen_where_the_library_tells_nothing(tmp_path):
    """A plain embedding as a codebook: one dead code jumps onto a latent, all codes move together a little."""
    torch.manual_seed(0)
    codes = torch.randn(16, 4)
    codes[12:] += 50  # far away: dead
    with Recorder(tmp_path / "run", every=5) as recorder:
        for step in range(1, 41):
            z = torch.randn(64, 4)
            codes = codes + 0.01
            if step == 23:
                codes[13] = z[0]
            indices = torch.cdist(z, codes).argmin(1)
            recorder.log(step, indices=indices, z_e=z, codebook=codes)
    recording = open_recording(tmp_path / "run")
    assert [(e.step, e.code, e.strategy, e.died_again) for e in recording.events] == [(25, 13, "moved", False)]
    dead = recording.scalars["dead_0"] * 16
    assert dead[recording.scalars["step"] == 20] == 4 and dead[-1] == 3
    frame = recording.frame(len(recording.steps) - 1)
    np.testing.assert_array_equal(np.flatnonzero(frame.levels[0].state == 1), [12, 14, 15])


def test_more_reseeds_than_a_line_names_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.joints.files.recording.writing.CODES_A_LINE", 10)
    library = pytest.importorskip("vector_quantize_pytorch")
    quantizer = library.VectorQuantize(dim=6, codebook_size=64, threshold_ema_dead_code=2)
    with Recorder(tmp_path / "run", every=5).watch(quantizer) as recorder:
        for number in range(5):
            quantizer(batch(number))
            recorder.step()
    recording = open_recording(tmp_path / "run")
    every = recording.scalars["reseeded_0"].sum()
    assert len(recording.events) == 20 and every == recording.tallies[:, 2].sum() > 20
    assert f"Of {every - 20:,.0f} reseeds only the number was kept" in recording.notes[0]
