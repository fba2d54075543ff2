"""What moves in a run, held to float64 brute force; looking at it changes nothing."""

import numpy as np
import pytest
import torch

from explorer.analysis.lab.movement import lag_of
from explorer.analysis.maps.geometry import spectrum
from explorer.lab.ceiling import KEPT, LEAST, MOST, NEWEST, Ceilings
from explorer.lab.dynamics import EVERY, effective_dimension
from explorer.lab.framing import make_frame
from explorer.lab.settings import LabSettings
from explorer.lab.trainer import LabTrainer
from explorer.lab.wrong_tokens import SHARES, decode_with_wrong_tokens
from explorer.recorder import Recorder, open_recording

CPU = torch.device("cpu")
SMALL = LabSettings(codebook_size=16, batch_size=64)
RESEEDS = {"batch_size": 2048, "init_offset": 3.0, "decay": 0.5, "every": 3, "threshold": 100.0}


def trainer_of(**changes):
    return LabTrainer(SMALL.changed(changes), CPU)


def participation(rows, weights=None):
    """By the eigenvalues, in float64."""
    values = np.linalg.eigvalsh(
        np.atleast_2d(np.cov(rows.astype(np.float64), rowvar=False, bias=True, aweights=weights))
    )
    return values.sum() ** 2 / np.square(values).sum() if values.sum() else 0.0


@pytest.mark.parametrize("d", [1, 2, 9])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e9])
def test_the_effective_dimension_is_that_of_the_eigenvalues(d, scale):
    rows = scale * np.random.default_rng(d).normal(size=(200, d)) * np.linspace(0.1, 3, d)
    weights = np.random.default_rng(1).integers(0, 2, 200)
    tensor = torch.tensor(rows, dtype=torch.float32)
    assert float(effective_dimension(tensor)) == pytest.approx(participation(rows), rel=1e-4)
    chosen = float(effective_dimension(tensor, torch.tensor(weights, dtype=torch.float32)))
    assert chosen == pytest.approx(participation(rows, weights), rel=1e-4)
    assert spectrum(rows.astype(np.float32)).effective_dimension == pytest.approx(participation(rows), rel=1e-4)


def test_rows_that_are_equal_have_no_dimension():
    rows = np.full((50, 3), [1e4, -2.7, 0.1], np.float32)
    assert float(effective_dimension(torch.from_numpy(rows))) == 0 == spectrum(rows).effective_dimension
    assert float(effective_dimension(torch.from_numpy(rows), torch.zeros(50))) == 0


def encoded(model, items):
    """Latents by an encoder of Linear and ReLU, in float64."""
    x = items.flatten(1).double().numpy()
    for layer in model.encoder:
        if isinstance(layer, torch.nn.Linear):
            x = x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
        else:
            x = np.maximum(x, 0)
    return x


def test_drift_is_the_way_of_a_fixed_batch_in_one_step():
    trainer = trainer_of(lr=1e-2)
    for step in range(1, 2 * EVERY + 1):
        before = encoded(trainer.model, trainer.movement.drift.items)
        trainer.step()
        if step not in (1, EVERY, 2 * EVERY):
            continue
        now = encoded(trainer.model, trainer.movement.drift.items)
        spread = np.sqrt(np.square(now - now.mean(0)).sum(1).mean())
        expected = np.sqrt(np.square(now - before).sum(1).mean()) / spread
        assert expected > 0 and trainer.measures["drift"] == pytest.approx(expected, rel=1e-3)


def test_without_an_encoder_nothing_drifts_and_codes_of_a_rule_do_not_lag():
    bare, rule = trainer_of(model="none"), trainer_of(quantizer="fsq", dim=2)
    for trainer in (bare, rule):
        trainer.step()
    assert "drift" not in bare.measures and "lag_0" in bare.measures
    assert "lag_0" not in rule.measures and "drift" in rule.measures
    assert make_frame(rule).levels[0].won is None


@pytest.mark.parametrize("quantizer", ["vq", "rvq"])
def test_lag_is_the_distance_to_the_middle_of_what_a_code_last_won(quantizer):
    trainer, given = trainer_of(quantizer=quantizer, init_offset=3.0, decay=0.9), []
    forward = trainer.quantizer.forward
    trainer.quantizer.forward = lambda z: given.append(forward(z)) or given[-1]
    for _ in range(3 * EVERY):
        trainer.step()
    trainer.quantizer.forward = forward
    frame, seen = make_frame(trainer), 0
    for number, level in enumerate(frame.levels):
        won, last = np.full((16, 2), np.nan), np.full(16, -1)
        for step, output in enumerate(given):
            stage = output.stages[number]
            z, indices = stage.z_e.double().numpy(), stage.indices.numpy()
            for code in np.unique(indices):
                won[code], last[code] = z[indices == code].mean(0), step
        np.testing.assert_allclose(level.won, won, rtol=1e-4, atol=1e-5)
        z = given[-1].stages[number].z_e.double().numpy()
        spread = np.sqrt(np.square(z - z.mean(0)).sum(1).mean())
        in_use = (last >= 0) & (len(given) - 1 - last < trainer.window)
        seen += int((~in_use).sum())
        away = np.linalg.norm(level.vectors.astype(np.float64) - won, axis=1)
        assert frame.measures[f"lag_{number}"] == pytest.approx(away[in_use].mean() / spread, rel=1e-3)
        shown = np.sqrt(np.square(level.z_e - level.z_e.mean(0)).sum(1).mean())
        np.testing.assert_allclose(lag_of(level), away / shown, rtol=1e-3)
        dimension = participation(level.vectors[in_use])
        assert frame.measures[f"code_dimension_{number}"] == pytest.approx(dimension, rel=1e-3)
    assert seen > 0, "some codes are out of use, so that leaving them out is tried"
    latents = given[-1].stages[0].z_e.numpy()
    assert frame.measures["latent_dimension"] == pytest.approx(participation(latents), rel=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"reseeding": "random_latent"},
        {"reseeding": "split", "quantizer": "rvq"},
        {"reseeding": "random_latent", "fresh_statistics": False},
        {"reseeding": "random_latent", "codebook_size": 256, "every": 1},
    ],
)
def test_a_code_lags_behind_nothing_from_its_reseed_until_it_wins_again(changes, tmp_path):
    """In the lab by its own books, and in a recording of the same run alike."""
    trainer, given, put = trainer_of(**{**RESEEDS, **changes}), [], []
    forward = trainer.quantizer.forward
    trainer.quantizer.forward = lambda z: given.append(forward(z)) or given[-1]
    with Recorder(tmp_path / "run", every=1).watch(trainer.quantizer) as recorder:
        for _ in range(3 * EVERY):
            trainer.step()
            recorder.step()
            put += trainer.drain_events()
    trainer.quantizer.forward = forward
    frame, recorded, unknown = make_frame(trainer), open_recording(tmp_path / "run"), 0
    for number, level in enumerate(frame.levels):
        k = level.codebook_size
        won, last, moved = np.full((k, 2), np.nan), np.zeros(k, int), np.zeros(k, int)
        for step, output in enumerate(given, 1):
            stage = output.stages[number]
            for code in np.unique(stage.indices.numpy()):
                won[code], last[code] = stage.z_e.double().numpy()[stage.indices.numpy() == code].mean(0), step
        for event in put:
            if event.level == number:
                moved[event.code] = max(moved[event.code], event.step)
        stale = moved >= last
        unknown += int((stale & (last > 0)).sum())
        won[stale] = np.nan
        np.testing.assert_allclose(level.won, won, rtol=1e-4, atol=1e-5)
        z = given[-1].stages[number].z_e.double().numpy()
        counted = (last > 0) & (len(given) - last < trainer.window) & ~stale
        away = np.linalg.norm(level.vectors.astype(np.float64) - won, axis=1)[counted]
        lag = away.mean() / np.sqrt(np.square(z - z.mean(0)).sum(1).mean()) if len(away) else np.nan
        assert frame.measures[f"lag_{number}"] == pytest.approx(lag, rel=1e-3, nan_ok=True)
        assert recorded.scalars[f"lag_{number}"][-1] == pytest.approx(lag, rel=1e-3, nan_ok=True)
        of_record = recorded.frame(len(recorded.steps) - 1).levels[number].won
        np.testing.assert_array_equal(np.isnan(of_record), np.isnan(won))
    assert unknown > 0, "some codes had won before they were put elsewhere, and nothing since"


def test_measuring_changes_nothing_of_a_run():
    looked, quiet = (
        trainer_of(reseeding="random_latent", threshold=2.0),
        trainer_of(reseeding="random_latent", threshold=2.0),
    )
    for _ in range(20):
        looked.step(measure=True)
        decode_with_wrong_tokens(looked)
        quiet.step(measure=False)
    pairs = zip(looked.quantizer.state_dict().values(), quiet.quantizer.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_ceiling_is_the_run_without_its_quantizer():
    """A run whose warm-up never ends gives its decoder the latents themselves, on the same batches."""
    settings = SMALL.changed({"warm_up": 20_000})
    trainer, missed = LabTrainer(settings, CPU), []
    ceilings = Ceilings(CPU)
    ceilings.ask(SMALL, 0)
    while ceilings.work([SMALL]):
        trainer.step()
        missed.append(trainer.measures["missed"])
    reached = ceilings.of(SMALL)
    assert (reached.step, reached.target) == (LEAST, LEAST)
    assert reached.missed == pytest.approx(np.mean(missed[-NEWEST:]), rel=1e-4)


def test_ceilings_are_kept_by_what_acts_on_them_and_only_a_few():
    ceilings = Ceilings(CPU)
    ceilings.ask(SMALL, 10 * MOST)
    assert ceilings.of(SMALL).target == MOST and ceilings.of(SMALL).missed is None
    assert ceilings.of(SMALL.changed({"codebook_size": 8, "decay": 0.5})) is not None, "a quantizer's setting"
    assert ceilings.of(SMALL.changed({"lr": 0.5})) is None
    for seed in range(1, KEPT + 1):
        ceilings.ask(SMALL.changed({"seed": seed}), 1)
    assert ceilings.of(SMALL) is None and ceilings.of(SMALL.changed({"seed": KEPT})) is not None
    ceilings.ask(SMALL.changed({"model": "none"}), 1)
    assert ceilings.of(SMALL.changed({"model": "none"})) is None


@pytest.mark.parametrize("changes", [{}, {"dataset": "digits", "model": "conv", "dim": 4, "quantizer": "rvq"}], ids=str)
def test_wrong_tokens_are_counted_and_cost_what_decoding_them_costs(changes):
    trainer = trainer_of(**changes)
    for _ in range(60):
        trainer.step()
    found = decode_with_wrong_tokens(trainer)
    assert found.shares == SHARES and found == decode_with_wrong_tokens(trainer)
    assert found.missed[0] < found.missed[3] < found.missed[5]
    (all_wrong,) = decode_with_wrong_tokens(trainer, (1.0,)).missed
    frame = make_frame(trainer)
    if "model" in changes:
        assert found.tokens == 4 * 512 // 4
        return
    own = np.square(frame.inputs - frame.outputs).mean() / np.square(frame.inputs - frame.inputs.mean(0)).mean()
    assert found.missed[0] == pytest.approx(own, rel=1e-4)
    # One token an item: every wrong one costs on average what a code drawn at random costs.
    codes = trainer.model.decode(trainer.quantizer.vectors).detach().double().numpy()
    x = frame.inputs.astype(np.float64)
    expected = np.square(x[:, None] - codes).mean() / np.square(x - x.mean(0)).mean()
    assert all_wrong == pytest.approx(expected, rel=0.1)
    assert found.missed[5] == pytest.approx((own + all_wrong) / 2, rel=0.15)
