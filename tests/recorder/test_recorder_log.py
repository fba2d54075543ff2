"""What `Recorder.log` was told, against counts by hand: parts of one step, codes that training moves on, names of
losses, and codes that were put somewhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.joints.files.recording import RecordingWriter, RecordLevel, open_recording
from explorer.recorder import Recorder
from tests.joints.made_recordings import MadeRun
from tests.recorder.made_training import Small, batch


def test_parts_of_one_step_add_up(tmp_path):
    """As a loop with gradient accumulation tells them: three parts of 8 tokens a step."""
    draw = torch.Generator().manual_seed(0)
    chosen = torch.randint(0, 6, (5, 3, 8), generator=draw)
    with Recorder(tmp_path / "run", every=2) as recorder:
        for step, parts in enumerate(chosen, 1):
            for number, part in enumerate(parts):
                recorder.log(step, part, codebook=torch.eye(6, 4), losses={"loss": 10.0 * step + number})
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2, 4, 5) and recording.notes == ()
    since = [chosen[0:1], chosen[1:2], chosen[2:4], chosen[4:5]]
    for i, tokens in enumerate(since):
        np.testing.assert_array_equal(recording.counts(i, 0), np.bincount(tokens.flatten().numpy(), minlength=6))
    np.testing.assert_array_equal(recording.scalars["batch_size"], [24, 24, 24, 24])
    np.testing.assert_array_equal(recording.scalars["loss"], [12, 22, 42, 52])  # the last of each step
    newest = [max(s for s in range(1, 6) if code in chosen[s - 1]) for code in range(6)]
    np.testing.assert_array_equal(recording.last_chosen(3, 0), newest)


def test_codes_and_losses_are_those_of_their_step_though_training_moves_them_on(tmp_path):
    codes, loss = torch.zeros(4, 2), torch.zeros(())
    with Recorder(tmp_path / "run", every=2) as recorder:
        for step in range(1, 7):
            codes.fill_(step)
            loss.fill_(step)
            recorder.log(step, torch.arange(4), z_e=torch.randn(4, 2), codebook=codes, losses={"loss": loss})
            codes.fill_(-1)
            loss.fill_(-1)
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2, 4, 6)
    assert [float(recording.frame(i).levels[0].vectors.mean()) for i in range(4)] == [1, 2, 4, 6]
    np.testing.assert_array_equal(recording.scalars["loss"], [1, 2, 4, 6])
    np.testing.assert_allclose(recording.scalars["code_speed"][1:], np.sqrt(2), rtol=1e-6)  # from (s, s) to (s+1, s+1)


def test_what_is_told_after_its_step_was_flushed_is_counted_with_the_next(tmp_path):
    recorder = Recorder(tmp_path / "run", every=1)
    recorder.log(1, torch.tensor([0, 0]), codebook_size=4)
    recorder.flush()
    assert open_recording(tmp_path / "run").steps == (1,) and recorder.steps == 1
    with pytest.warns(RuntimeWarning, match="more of a step that was over; its tokens are counted with those of the"):
        recorder.log(1, torch.tensor([1]), codebook_size=4)
    recorder.log(2, torch.tensor([2, 3]), codebook_size=4)
    recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2) and recording.notes == ()
    assert [recording.counts(i, 0).tolist() for i in range(2)] == [[2, 0, 0, 0], [0, 1, 1, 1]]


def test_going_back_gives_way_as_before(tmp_path):
    with Recorder(tmp_path / "run", every=1) as recorder:
        for step in (1, 2, 3, 2, 3):
            recorder.log(step, torch.full((4,), step), codebook_size=4, losses={"loss": float(step)})
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 2, 3) and "went back from step 3 to step 2" in recording.notes[0]
    assert recording.totals(2, 0).tolist() == [0, 4, 4, 4]
    np.testing.assert_array_equal(recording.scalars["loss"], [1, 2, 3])


def test_losses_with_the_name_of_another_number_are_called_apart(tmp_path):
    library = pytest.importorskip("vector_quantize_pytorch")
    model = Small(library.VectorQuantize(dim=8, codebook_size=32))
    with pytest.warns(RuntimeWarning) as said, Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        for number in range(3):
            model(batch(number))
            recorder.step(losses={"step": 0.5, "dead_0": 7.0, "perplexity_all_0": 8.0, "drift": 9.0})
    words = [str(one.message).partition(": ")[2] for one in said]
    assert words == [
        f"the loss {name!r} has the name of what is recorded anyway, and is called '{name} (loss)'."
        for name in ("step", "dead_0", "perplexity_all_0")
    ]
    recording = open_recording(tmp_path / "run")
    scalars = recording.scalars
    np.testing.assert_array_equal(scalars["step"], [1, 2, 3])
    np.testing.assert_array_equal(scalars["step (loss)"], 0.5)
    np.testing.assert_array_equal(scalars["dead_0 (loss)"], 7)
    np.testing.assert_array_equal(scalars["perplexity_all_0 (loss)"], 8)
    np.testing.assert_array_equal(scalars["drift"], 9)  # without a probe nothing else is called so
    assert scalars["dead_0"].max() <= 1 and scalars["perplexity_all_0"].min() > 0
    assert recording.loss_names == ("step (loss)", "dead_0 (loss)", "perplexity_all_0 (loss)", "drift")


def test_a_recording_that_was_made_before_is_read_so_too(tmp_path):
    run = MadeRun([RecordLevel("", 8, 2)])
    writer = RecordingWriter(tmp_path / "run", run.levels, 10)
    for _ in range(2):
        run.step(10)
        frame = replace(run.frame(), losses={"seconds": 3.0, "loss": 1.0}, measures={"loss": 4.0})
        writer.add(frame, run.totals, run.last)
    writer.end("", 20)
    recording = open_recording(tmp_path / "run")
    assert recording.loss_names == ("seconds (loss)", "loss (loss)")
    np.testing.assert_array_equal(recording.scalars["seconds (loss)"], 3)
    np.testing.assert_array_equal(recording.scalars["loss (loss)"], 1)
    np.testing.assert_array_equal(recording.scalars["loss"], 4)
    assert not (recording.scalars["seconds"] == 3).any()


def test_a_code_that_was_put_elsewhere_lags_behind_nothing_until_it_wins_again(tmp_path):
    """Code 2 wins latents around (9, 9) at steps 1 and 2, nothing at 3 and 4, and is put on (1, 0) at 4; it wins again
    at step 6."""
    z = {True: torch.tensor([[0.0, 0.1], [2.0, 0.1], [9.0, 8.8]]), False: torch.tensor([[0.0, 0.1], [2.0, 0.1]])}
    again = torch.tensor([[0.0, 0.1], [2.0, 0.1], [1.0, 0.3]])
    codes = torch.tensor([[0.0, 0.0], [2.0, 0.0], [9.0, 9.0]])
    with Recorder(tmp_path / "run", every=1) as recorder:
        for step in range(1, 7):
            if step == 4:
                codes[2] = torch.tensor([1.0, 0.0])
            latents = again if step == 6 else z[step < 3]
            recorder.log(step, torch.arange(len(latents)), z_e=latents, codebook=codes)
    recording = open_recording(tmp_path / "run")
    assert [(one.step, one.code, one.strategy) for one in recording.events] == [(4, 2, "moved")]
    won = np.stack([recording.frame(i).levels[0].won for i in range(6)])
    np.testing.assert_allclose(won[:, :2], np.broadcast_to(again[:2].numpy(), (6, 2, 2)), atol=1e-3)
    np.testing.assert_allclose(won[[0, 1, 2, 5], 2], [[9, 8.8], [9, 8.8], [9, 8.8], [1, 0.3]], atol=2e-2)
    assert np.isnan(won[[3, 4], 2]).all()
    lag = recording.scalars["lag_0"]
    for i, mean in enumerate([0.4 / 3, 0.4 / 3, 0.4 / 3, 0.1, 0.1, 0.5 / 3]):  # over the codes whose lag is known
        shown = recording.frame(i).levels[0].z_e.astype(np.float64)
        spread = np.sqrt(np.square(shown - shown.mean(0)).sum(1).mean())
        assert lag[i] == pytest.approx(mean / spread, rel=1e-3), i
