"""Races: all racers start equal to the bit, see the same batches, and are measured on what they never trained on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.experiments import lab_races
from explorer.experiments.options import Options
from explorer.experiments.races import TRACK, line_up, measure_run, run_race
from explorer.experiments.shelf import open_experiment
from explorer.foundation.errors import SettingsError
from explorer.lab.controls_codebook import INITIALIZATIONS, RESEEDING
from explorer.lab.forking import HELD_OUT, begin_race, fork
from explorer.lab.settings import LabSettings

CPU = torch.device("cpu")
SMALL = TRACK.changed({"batch_size": 32, "codebook_size": 16, "every": 2})
STARTS = replace(lab_races.INITIALIZATION, settings=SMALL)
REVIVALS = replace(lab_races.RESEEDING, settings=SMALL, after=25)
RACES = {"initialization": STARTS, "reseeding": REVIVALS}


def tensors(module):
    return {name: one for name, one in module.state_dict().items() if torch.is_tensor(one) and "reservoir" not in name}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def batches(trainer, steps):
    """What a run trains on, as it trains."""
    seen, sample = [], trainer.data.sample
    trainer.data.sample = lambda *args: seen.append(sample(*args)) or seen[-1]
    for _ in range(steps):
        trainer.step(measure=False)
    return seen


@pytest.mark.parametrize("seed", [0, 1])
def test_forked_racers_start_equal_to_the_bit(seed):
    trainers, _ = line_up(REVIVALS, seed, CPU)
    first = trainers[0]
    assert first.step_count == REVIVALS.after and {len(trainers), len(REVIVALS.racers)} == {5}
    for other in trainers[1:]:
        assert same(tensors(first.model), tensors(other.model)) and same(
            tensors(first.quantizer), tensors(other.quantizer)
        )
        ours, theirs = (trainer.optimizer.state_dict()["state"] for trainer in (first, other))
        assert ours.keys() == theirs.keys() != set()
        assert all(torch.equal(ours[key][name], theirs[key][name]) for key in ours for name in ours[key])
        assert torch.equal(first.ledgers[0].silent, other.ledgers[0].silent)
        assert other.settings.reseeding != first.settings.reseeding


def test_the_starts_share_weights_and_differ_in_their_codes():
    trainers, _ = line_up(STARTS, 0, CPU)
    assert all(same(tensors(trainers[0].model), tensors(other.model)) for other in trainers[1:])
    for trainer in trainers:
        trainer.step(measure=False)
    tables = [trainer.quantizer.tables()[0] for trainer in trainers]
    assert not any(torch.equal(a, b) for i, a in enumerate(tables) for b in tables[i + 1 :])


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_racers_see_the_same_batches_whatever_else_they_draw(race):
    trainers, held_out = line_up(race, 0, CPU)
    seen = [batches(trainer, 12) for trainer in trainers]
    assert all(torch.equal(a, b) for other in seen[1:] for a, b in zip(seen[0], other, strict=True))
    assert not torch.equal(seen[0][0], seen[0][1])
    rows = {item.numpy().tobytes() for item in held_out}
    trained = {item.numpy().tobytes() for batch in seen[0] for item in batch}
    assert len(held_out) == -(-1797 // HELD_OUT) and not rows & trained


def test_a_fork_goes_on_as_the_run_itself_and_neither_acts_on_the_other():
    trainer, _ = begin_race(SMALL.changed({"reseeding": "random_latent"}), CPU)
    for _ in range(15):
        trainer.step(measure=False)
    twin = fork(trainer, trainer.settings)
    for _ in range(10):
        twin.step(measure=False)
    alone = tensors(twin.quantizer)
    for _ in range(10):
        trainer.step(measure=False)
    assert same(alone, tensors(trainer.quantizer)) and same(tensors(twin.model), tensors(trainer.model))
    assert twin.losses == trainer.losses and twin.step_count == trainer.step_count == 25


def test_a_fork_of_another_codebook_is_refused_in_words():
    trainer, _ = begin_race(SMALL, CPU)
    for changes in ({"codebook_size": 8}, {"quantizer": "simvq"}):
        with pytest.raises(SettingsError, match="a run goes on with its own"):
            fork(trainer, SMALL.changed(changes))


def test_data_that_is_drawn_anew_is_measured_on_points_of_its_own():
    trainer, held_out = begin_race(LabSettings(batch_size=32), CPU)
    (batch,) = batches(trainer, 1)
    assert held_out.shape == (512, 2) and not (held_out[:, None] == batch[None]).all(-1).any()


def test_figures_are_those_of_brute_force():
    trainer, held_out = begin_race(SMALL, CPU)
    for _ in range(30):
        trainer.step(measure=False)
    found, counts = measure_run(trainer, held_out)
    with torch.no_grad():
        z = trainer.model.encode(held_out).double().numpy()
        codes = trainer.quantizer.vectors.double().numpy()
        nearest = np.square(z[:, None] - codes).sum(-1).argmin(1)
        decoded = trainer.model.decode(torch.from_numpy(codes[nearest]).float()).double().numpy()
    items = held_out.double().numpy()
    assert counts.tolist() == np.bincount(nearest, minlength=16).tolist()
    p = counts[counts > 0] / counts.sum()
    assert found["perplexity"] == pytest.approx(np.exp(-(p * np.log(p)).sum()))
    lost = np.square(decoded - items).mean() / np.square(items - items.mean(0)).mean()
    assert found["media_error"] == pytest.approx(lost, rel=1e-4)
    code_error = np.square(z - codes[nearest]).sum(1).mean() / np.square(z - z.mean(0)).sum(1).mean()
    assert found["code_error"] == pytest.approx(code_error, rel=1e-4)
    assert found["used"] == (counts > 0).sum() and found["usage"] == (counts > 0).mean()


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_a_race_has_every_racer_with_every_seed(race):
    said = []
    found = run_race(race, Options(steps=5, seeds=2, device="cpu"), said.append)
    assert len(said) == len(found.runs) == 2 * 5 and found.seeds == (0, 1)
    assert found.command == f"python -m explorer experiment {race.id} --steps 5 --seeds 2"
    for run in found.runs:
        assert run.steps.tolist() == [1, 2, 3, 4, 5] and len(run.counts) == 16
        assert run.curves["perplexity"][-1] == run.measured["perplexity"]


def test_the_conditions_are_the_choices_of_the_lab():
    assert [one.id for one in lab_races.STARTS] == [name for name, _ in INITIALIZATIONS]
    assert [one.id for one in lab_races.STRATEGIES] == [name for name, _ in RESEEDING]


@pytest.mark.parametrize("race", [lab_races.INITIALIZATION, lab_races.RESEEDING], ids=lambda race: race.id)
def test_what_ships_was_made_with_three_seeds_by_this_race(race):
    shipped = open_experiment(race.id)
    assert (shipped.id, shipped.title, shipped.question) == (race.id, race.title, race.question)
    assert shipped.conditions == tuple(racer.condition for racer in race.racers) and shipped.seeds == (0, 1, 2)
    assert shipped.settings["learning_rate"] == race.settings.lr and shipped.settings["common_steps"] == race.after
    steps = int(shipped.settings["steps"])
    assert all(run.steps[-1] == steps for run in shipped.runs)
