"""What a step is: accumulation, checkpointing, autocast, compile; steps that are counted, and steps that are told."""

import gc
import shutil
import weakref

import numpy as np
import pytest
import torch
from torch.utils.checkpoint import checkpoint

from explorer.quantizers import QUANTIZERS
from explorer.quantizers.vq import CodebookOptions
from explorer.recorder import Recorder, open_recording
from tests.recorder.made_training import TOKENS, Small, batch, counted, train


def vq(**settings):
    library = pytest.importorskip("vector_quantize_pytorch")
    return library.VectorQuantize(**{"dim": 8, "codebook_size": 32, **settings})


def test_steps_are_counted_at_the_optimizer_alone(tmp_path):
    """Three forwards a step, and another optimizer that takes turns."""
    model, other = Small(vq()), torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    discriminator = torch.optim.SGD(other.parameters(), 0.1)
    recorder = Recorder(tmp_path / "run", every=4).watch(model)
    for number in range(10):
        for part in range(3):
            decoded, own = model(batch(3 * number + part))
            (decoded.square().mean() + own).backward()
        discriminator.step()
        optimizer.step()
        optimizer.zero_grad()
    recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 4, 8, 10)
    for i, (first, last) in enumerate(((0, 1), (1, 4), (4, 8), (8, 10))):
        np.testing.assert_array_equal(recording.counts(i, 0), counted(model, 32, 0, slice(3 * first, 3 * last)))
    np.testing.assert_array_equal(recording.scalars["batch_size"], 3 * TOKENS)
    looked = np.bincount(np.concatenate([one[:, 0] for one in model.chosen[3 * 7 : 3 * 8]]), minlength=32)
    share = looked[looked > 0] / looked.sum()
    assert recording.scalars["perplexity_0"][2] == pytest.approx(np.exp(-(share * np.log(share)).sum()), rel=1e-5)


@pytest.mark.parametrize("gone", [False, True])
def test_an_optimizer_that_takes_the_place_of_another_is_counted_on(gone, tmp_path):
    """Two phases, and beside both an optimizer of the model's codebook alone, which takes turns and is not counted."""
    model = Small(vq(learnable_codebook=True, ema_update=False))
    own = [*model.quantizer.parameters()]
    parts = [*model.encoder.parameters(), *model.decoder.parameters()]
    others = [torch.optim.SGD(own, 0.1)]
    recorder = Recorder(tmp_path / "run", every=4).watch(model)
    for phase in range(2):
        if gone:
            del others[1:]
        others.append(torch.optim.SGD(parts[2 * phase :] if phase else parts, 0.1 / (phase + 1)))
        for number in range(10):
            decoded, loss = model(batch(10 * phase + number))
            (decoded.square().mean() + loss).backward()
            for optimizer in (others[-1], others[0]):
                optimizer.step()
                optimizer.zero_grad()
    recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.steps[-1] == 20 and recording.scalars["latents_seen"][-1] == 20 * TOKENS
    np.testing.assert_array_equal(recording.totals(len(recording.steps) - 1, 0), counted(model, 32))


def test_a_model_that_is_watched_twice_is_recorded_once(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=4).watch(model).watch(model).attach(model.quantizer) as recorder:
        train(model, recorder, 4)
    recording = open_recording(tmp_path / "run")
    assert len(recording.levels) == 1
    np.testing.assert_array_equal(recording.totals(1, 0), counted(model, 32))


def test_steps_that_are_told_by_number_are_taken_at_their_word(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=10).watch(model) as recorder:
        for step in range(2, 42, 2):
            model(batch(step))
            recorder.step(step)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (2, 10, 20, 30, 40)
    np.testing.assert_array_equal(recording.counts(2, 0), counted(model, 32, 0, slice(5, 10)))


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_forward_that_checkpointing_repeats_is_counted_once(reentrant, tmp_path):
    """The quantizer's own training is off, since it would learn twice."""
    model = Small(vq(ema_update=False, threshold_ema_dead_code=0))
    runs = []
    model.quantizer.register_forward_hook(lambda *_: runs.append(1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Recorder(tmp_path / "run", every=2).watch(model) as recorder:
        for number in range(6):
            x = batch(number).requires_grad_()
            decoded, own = checkpoint(model, x, use_reentrant=reentrant)
            (decoded.square().mean() + own).backward()
            optimizer.step()
            recorder.step()
    assert len(runs) == 12  # each forward did run twice
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.totals(3, 0), counted(model, 32, 0, slice(0, None, 2)))
    assert recording.totals(3, 0).sum() == 6 * TOKENS
    assert np.all(recording.scalars["gradient_z_e"] > 0) and np.all(recording.scalars["commitment_reaches"] == 1)


def test_autocast_changes_nothing_of_the_counts(tmp_path):
    model = Small(vq())
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Recorder(tmp_path / "run", every=2).watch(model) as recorder:
        for number in range(4):
            with torch.autocast("cpu", torch.bfloat16):
                decoded, own = model(batch(number))
                loss = decoded.float().square().mean() + own
            loss.backward()
            optimizer.step()
            recorder.step(losses={"all": loss})
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.totals(2, 0), counted(model, 32))
    assert recording.frame(2).levels[0].z_e.dtype == np.float32 and recording.notes == ()


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a compiler for the CPU")
@pytest.mark.parametrize("own", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_compiled_model_is_counted(own, tmp_path):
    quantizer = QUANTIZERS.load("vq")(8, 32, CodebookOptions(update="gradient")) if own else vq()
    model = Small(quantizer)
    recorder = Recorder(tmp_path / "run", every=3).watch(model)
    compiled = torch.compile(model, backend="aot_eager" if own else "eager")
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for number in range(6):
        decoded, loss = compiled(batch(number))
        (decoded.square().mean() + loss).backward()
        optimizer.step()
        optimizer.zero_grad()
    recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 3, 6) and recording.notes == ()
    np.testing.assert_array_equal(recording.totals(2, 0), counted(model, 32))
    assert recording.scalars["gradient_z_e"][-1] > 0


def test_many_forwards_without_a_step_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.recorder.recorder.FORWARDS_ALONE", 5)
    model = Small(vq())
    recorder = Recorder(tmp_path / "run").watch(model)
    with pytest.warns(RuntimeWarning, match=r"5 forwards without an optimizer step that was seen; call recorder\.step"):
        for number in range(6):
            model(batch(number))
    recorder.close()


def test_training_is_the_same_with_a_recorder_and_without(tmp_path):
    """To the bit: no random number is drawn, no value changed, with a probe and without."""
    ends = []
    for how in ("none", "recorder", "probe"):
        torch.manual_seed(1)
        model = Small(torch.nn.Sequential(torch.nn.Dropout(0.2), vq()), seed=3)
        model.quantizer.forward = lambda x, m=model.quantizer: m[1](m[0](x))
        if how == "none":
            train(model, None, 12)
        else:
            with Recorder(tmp_path / how, every=4) as recorder:
                recorder.watch(model, probe=batch(99) if how == "probe" else None)
                train(model, recorder, 12)
        ends.append([value.clone() for value in model.state_dict().values()])
    for other in ends[1:]:
        assert all(torch.equal(a, b) for a, b in zip(ends[0], other, strict=True))
    assert np.isfinite(open_recording(tmp_path / "probe").scalars["drift"][1:]).all()


def test_no_graph_of_a_step_is_held_after_it(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        decoded, own = model(batch(0))
        loss = decoded.square().mean() + own
        loss.backward()
        held = [weakref.ref(loss), weakref.ref(decoded)]
        recorder.step(losses={"all": loss})
        recorder.flush()
        del loss, decoded, own
        gc.collect()
        assert [one() for one in held] == [None, None]
    assert open_recording(tmp_path / "run").scalars["all"][0] > 0
