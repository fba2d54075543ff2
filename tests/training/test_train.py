"""The training loop: it learns, it resumes to the bit, it refuses what is not its own, it stops when it diverges."""

import dataclasses
import json
import math
import os
import signal
import threading

import numpy as np
import pytest
import torch
from tiny import clip_of, tiny, tones

from explorer.foundation.errors import ExplorerError
from explorer.training import train
from explorer.training.recipes import ZOO
from explorer.training.schedules import PictureSchedule
from explorer.training.train import Trainer

CPU = torch.device("cpu")


def quiet(line):
    """Progress that nobody reads."""


def held_out(media, modality="image"):
    """A quarter of one picture, a sound, or a clip of 5 frames: it is measured after every step."""
    return {"image": lambda: [media[0][:32, :32]], "audio": lambda: media[:1], "video": lambda: [clip_of(media[0])]}[
        modality
    ]()


def media_for(name, pictures):
    """What the recipe of that name trains on."""
    return tones(6) if ZOO[name].modality == "audio" else pictures


def change_batches(monkeypatch, change):
    """Let `change(step, batch)` give the batches of every task that is made from now on."""
    made = train.task_of

    def changed(*arguments):
        task = made(*arguments)
        batch = task.batch
        task.batch = lambda step: change(step, batch(step))
        return task

    monkeypatch.setattr(train, "task_of", changed)


def trained(recipe, pictures, state, progress=quiet):
    """A Trainer that ran to its end."""
    trainer = Trainer(recipe, pictures, held_out(pictures, recipe.modality), state, CPU)
    trainer.run(progress)
    return trainer


def same_state(one, other):
    """Whether two state dicts agree in every bit."""
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])] == []


@pytest.mark.parametrize("name", ZOO)
def test_every_recipe_learns(name, pictures, tmp_path):
    sound = ZOO[name].modality == "audio"
    slow = sound or name.startswith("titok")  # a transformer, and views of any scale
    recipe = tiny(name, steps=80 if slow else 40, learning_rate=1e-2)
    trainer = trained(recipe, media_for(name, pictures), tmp_path / "state.pt")
    assert [point["step"] for point in trainer.curve] == (list(range(2, 81, 2)) if slow else list(range(1, 41)))
    if sound:  # a logarithm of a share, which falls below 0: 1 dB is 0.23
        losses = [point["losses"]["waveform"] for point in trainer.curve]
        assert np.mean(losses[-5:]) < np.mean(losses[:3]) - 0.23
    else:
        losses = [point["losses"]["reconstruction"] for point in trainer.curve]
        assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:3])
    weights = next(trainer.model.encoder.parameters())
    assert weights.grad is not None and bool(weights.grad.abs().sum() > 0)  # the gradient passes the quantizer
    if name == "kmeans":
        assert bool(trainer.model.quantizer.fitted)


@pytest.mark.parametrize("name", ZOO)
def test_a_resumed_run_equals_one_that_never_stopped(name, pictures, tmp_path, monkeypatch):
    """Ctrl-C twice in the middle of a step; for k-means once before its codes are fitted, while the reservoir fills."""
    recipe, state = tiny(name), tmp_path / "parts.pt"
    media = media_for(name, pictures)
    whole = trained(recipe, media, tmp_path / "whole.pt")

    def interrupted(step, batch):
        if step in (3, 8):
            os.kill(os.getpid(), signal.SIGINT)
        return batch

    change_batches(monkeypatch, interrupted)
    for at in (3, 8):
        with pytest.raises(KeyboardInterrupt):
            trained(recipe, media, state)
        torch.manual_seed(99)  # whatever happened to the generator in between
        resumed = Trainer(recipe, media, held_out(media, recipe.modality), state, CPU)
        assert resumed.step == at + 1  # the step was finished, not cut
    resumed.run(quiet)
    assert same_state(whole.model.state_dict(), resumed.model.state_dict())
    one, other = (json.loads(json.dumps([point | {"seconds": 0} for point in run.curve])) for run in (whole, resumed))
    assert one == other and len(one) == 12


def test_a_finished_run_is_not_trained_again(pictures, tmp_path, monkeypatch):
    first = trained(tiny("vq-ema"), pictures, tmp_path / "state.pt")
    change_batches(monkeypatch, lambda step, batch: pytest.fail("trained again"))
    second = trained(tiny("vq-ema"), pictures, tmp_path / "state.pt")
    assert second.step == 12 and same_state(first.model.state_dict(), second.model.state_dict())


def test_the_reservoir_of_kmeans_is_in_the_state(pictures, tmp_path):
    recipe = tiny("kmeans", steps=3)  # ends before the codes are fitted
    trainer = trained(recipe, pictures, tmp_path / "state.pt")
    again = Trainer(recipe, pictures, held_out(pictures), tmp_path / "state.pt", CPU)
    held = again.model.quantizer.reservoir.sample()
    assert len(held) == 3 * 4 * 4 * 4  # steps x batch x tokens of a 32 px crop
    assert torch.equal(held, trainer.model.quantizer.reservoir.sample()) and held.std() > 0


def test_the_state_of_another_recipe_or_of_other_pictures_is_refused(pictures, tmp_path):
    state = tmp_path / "state.pt"
    trained(tiny("vq-ema"), pictures, state)
    for other in (tiny("vq-ema-reseed"), tiny("vq-ema", steps=13)):
        with pytest.raises(ExplorerError, match=r"belongs to another recipe or schedule; remove it or use --fresh"):
            Trainer(other, pictures, held_out(pictures), state, CPU)
    with pytest.raises(ExplorerError, match="trained on other media"):
        Trainer(tiny("vq-ema"), pictures[1:], held_out(pictures), state, CPU)


@pytest.mark.parametrize("keep", [0, 10, 1000, -100])
def test_a_damaged_state_is_said_plainly(keep, pictures, tmp_path):
    state = tmp_path / "state.pt"
    trained(tiny("fsq", steps=1), pictures, state)
    state.write_bytes(state.read_bytes()[:keep])
    with pytest.raises(ExplorerError, match=r"state\.pt cannot be read; remove it or use --fresh"):
        Trainer(tiny("fsq", steps=1), pictures, held_out(pictures), state, CPU)


def test_a_full_disk_keeps_the_old_state(pictures, tmp_path, monkeypatch):
    state = tmp_path / "state.pt"
    trainer = trained(tiny("fsq", steps=2), pictures, state)
    before = state.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExplorerError, match=r"cannot write state\.pt: No space left on device"):
        trainer._save()
    assert state.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def poison(monkeypatch, at):
    """Let the batch of step index `at` hold a NaN."""

    def poisoned(step, batch):
        if step == at:
            batch[0, 0, 0, 0] = math.nan
        return batch

    change_batches(monkeypatch, poisoned)


def test_divergence_names_its_step_and_term(pictures, tmp_path, monkeypatch):
    """Found at the next measurement, two steps later, yet the step is the first that was broken."""
    recipe, state = tiny("lfq", steps=120), tmp_path / "state.pt"  # measured every third step
    poison(monkeypatch, 9)
    with pytest.raises(ExplorerError, match=r"training diverged at step 10: reconstruction, .*is not a finite number"):
        trained(recipe, pictures, state)
    assert not state.exists()  # nothing that diverged is kept


def test_a_state_that_diverged_never_replaces_a_good_one(pictures, tmp_path, monkeypatch):
    recipe, state = tiny("vq-ema", steps=400), tmp_path / "state.pt"  # measured every tenth step
    monkeypatch.setattr(train, "SAVE_SECONDS", -1.0)  # after every step
    poison(monkeypatch, 4)
    with pytest.raises(ExplorerError, match="diverged at step 5"):
        trained(recipe, pictures, state)
    assert Trainer(recipe, pictures, held_out(pictures), state, CPU).step == 4


def test_broken_weights_are_found_through_the_gradient(pictures, tmp_path):
    trainer = Trainer(tiny("fsq"), pictures, held_out(pictures), tmp_path / "state.pt", CPU)
    with torch.no_grad():
        trainer.model.decoder[0].bias[0] = math.inf
    with pytest.raises(ExplorerError, match=r"diverged at step 1: reconstruction, gradient norm"):
        trainer.run(quiet)


def test_a_thread_can_train(pictures, tmp_path):
    """Signals belong to the main thread; elsewhere nothing is asked of them."""
    found = []
    thread = threading.Thread(target=lambda: found.append(trained(tiny("fsq", steps=2), pictures, tmp_path / "s.pt")))
    thread.start()
    thread.join(60)
    assert found and found[0].step == 2


def test_the_handlers_of_signals_are_put_back(pictures, tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    trained(tiny("fsq", steps=1), pictures, tmp_path / "state.pt")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_the_learning_rate_by_hand():
    """Peak 1: up in four equal steps, then half a cosine from 1 to 0.01, half way at the middle."""
    schedule = PictureSchedule(steps=104, warmup=4, learning_rate=1.0)
    assert [schedule.rate(step) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert schedule.rate(4) == 1.0
    assert schedule.rate(54) == pytest.approx(0.505)
    assert schedule.rate(29) == pytest.approx(0.01 + 0.99 * (1 + math.sqrt(0.5)) / 2)
    assert schedule.rate(104) == pytest.approx(0.01)


def test_the_temperature_of_gumbel_falls(pictures, tmp_path):
    recipe = dataclasses.replace(tiny("gumbel"), temperature=(1.0, 0.1))
    trainer = trained(recipe, pictures, tmp_path / "state.pt")
    assert trainer.model.quantizer.temperature == pytest.approx(0.1 ** (11 / 12))  # of the last step, index 11


def test_the_state_of_other_sounds_is_refused(tmp_path):
    state = tmp_path / "state.pt"
    trained(tiny("sound-vq", steps=1), tones(4), state)
    with pytest.raises(ExplorerError, match="trained on other media"):
        Trainer(tiny("sound-vq", steps=1), tones(4, seed=1), tones(1), state, CPU)
