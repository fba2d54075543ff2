"""The numbers of a record against float64 by hand: drift, lag, dimensions, gradients on both sides, what the commitment
reaches."""

import numpy as np
import pytest
import torch

from explorer.lab.measures import describe
from explorer.recorder import Recorder, open_recording
from tests.recorder.made_training import TOKENS, Small, batch, train


def vq(**settings):
    library = pytest.importorskip("vector_quantize_pytorch")
    return library.VectorQuantize(**{"dim": 8, "codebook_size": 32, "threshold_ema_dead_code": 0, **settings})


def participation(rows):
    values = np.linalg.eigvalsh(np.cov(rows.astype(np.float64).T, bias=True))
    return values.sum() ** 2 / np.square(values).sum()


def spread(z):
    return np.sqrt(np.square(z - z.mean(0)).sum(1).mean())


def test_lag_and_dimensions_are_those_of_the_latents_that_codes_won_last(tmp_path):
    model, given, chosen = Small(vq()), [], []
    model.quantizer.register_forward_hook(lambda m, x, out: given.append(x[0].detach().flatten(0, 1).numpy().copy()))
    with Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        train(model, recorder, 30)
    chosen = [one[:, 0] for one in model.chosen]
    won = np.full((32, 8), np.nan)
    for z, indices in zip(given, chosen, strict=True):
        for code in np.unique(indices):
            won[code] = z[indices == code].astype(np.float64).mean(0)
    recording = open_recording(tmp_path / "run")
    frame, at = recording.frame(29), recording.scalars
    level = frame.levels[0]
    np.testing.assert_array_equal(level.vectors, model.quantizer._codebook.embed[0].numpy())
    np.testing.assert_allclose(level.won, won, atol=2e-3)
    np.testing.assert_array_equal(np.isnan(level.won).any(1), np.isnan(won).any(1))
    live = level.state == 0
    latents = np.concatenate(given)[-2048:]
    np.testing.assert_allclose(level.z_e, latents, rtol=1e-6)
    lag = np.linalg.norm(level.vectors.astype(np.float64) - won, axis=1)[live & ~np.isnan(won).any(1)].mean()
    assert at["lag_0"][-1] == pytest.approx(lag / spread(latents), rel=1e-3)
    assert at["latent_dimension"][-1] == pytest.approx(participation(latents), rel=1e-3)
    assert at["code_dimension_0"][-1] == pytest.approx(participation(level.vectors[live]), rel=1e-3)
    assert at["latent_norm"][-1] == pytest.approx(np.linalg.norm(latents, axis=1).mean(), rel=1e-5)
    assert at["code_norm"][-1] == pytest.approx(np.linalg.norm(level.vectors, axis=1).mean(), rel=1e-5)
    error = np.square(latents - level.vectors[level.indices]).sum(1).mean()
    assert at["quantization_error"][-1] == pytest.approx(error, rel=1e-4)


def test_the_error_of_latents_whose_code_was_reseeded_is_to_the_nearest_code_now(tmp_path):
    """Latents of several steps, between which the library moves codes away: those steps' own distances are small."""
    model = Small(vq(threshold_ema_dead_code=4))
    with Recorder(tmp_path / "run", every=10).watch(model) as recorder:
        train(model, recorder, 40)
    recording = open_recording(tmp_path / "run")
    level, at = recording.frame(len(recording.steps) - 1).levels[0], recording.scalars
    assert recording.tallies[recording.tallies[:, 0] > 32, 2].sum() > 20 and len(level.z_e) > TOKENS
    ways = np.square(level.z_e[:, None].astype(np.float64) - level.vectors).sum(-1)
    told = np.square(level.z_e - level.vectors[level.indices]).sum(-1).mean()
    assert at["quantization_error"][-1] == pytest.approx(told, rel=1e-4)
    assert ways.min(1).mean() <= told <= 1.1 * ways.min(1).mean()
    put = [event.code for event in recording.events if event.step > 32]
    rows = np.isin(level.indices, put)
    np.testing.assert_array_equal(level.indices[rows], ways[rows].argmin(1))


def test_drift_and_speed_are_of_one_step(tmp_path):
    model, probe = Small(vq()), batch(99)
    latents, codes = [], []

    def note():
        with torch.no_grad():
            latents.append(model.encoder(probe).flatten(0, 1).numpy().astype(np.float64))
        codes.append(model.quantizer._codebook.embed[0].numpy().astype(np.float64).copy())

    with Recorder(tmp_path / "run", every=5).watch(model, probe=probe) as recorder:
        note()
        for number in range(15):
            train(model, recorder, 1, first=number)
            note()
    at = open_recording(tmp_path / "run").scalars
    for i, step in ((1, 5), (2, 10), (3, 15)):
        way = np.sqrt(np.square(latents[step] - latents[step - 1]).sum(1).mean()) / spread(latents[step])
        assert at["drift"][i] == pytest.approx(way, rel=1e-4)
        speed = np.linalg.norm(codes[step] - codes[step - 1], axis=1).mean()
        assert at["code_speed"][i] == pytest.approx(speed, rel=1e-4)
    assert np.isnan(at["drift"][0])  # nothing was there before the first step


def test_gradients_on_both_sides_are_summed_over_forwards_of_a_step(tmp_path):
    model, kept = Small(vq()), []

    def keep(module, args, output):
        for tensor in (args[0], output[0]):
            tensor.retain_grad()
        kept.append((args[0], output[0]))

    model.quantizer.register_forward_hook(keep)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    sums = []
    with Recorder(tmp_path / "run", every=20).watch(model) as recorder:
        for number in range(20):
            kept.clear()
            for part in range(2):
                decoded, own = model(batch(2 * number + part))
                (decoded.square().mean() + 3 * own).backward()
            sums.append([sum(float(pair[side].grad.norm(dim=-1).sum()) for pair in kept) for side in range(2)])
            optimizer.step()
            optimizer.zero_grad()
            recorder.step()
    at = open_recording(tmp_path / "run").scalars
    np.testing.assert_allclose(at["gradient_z_e"], [sums[i][0] for i in (0, 19)], rtol=1e-4)
    np.testing.assert_allclose(at["gradient_z_q"], [sums[i][1] for i in (0, 19)], rtol=1e-4)
    np.testing.assert_allclose(at["commitment_weight"], 3)
    np.testing.assert_array_equal(at["commitment_reaches"], 1)


def run(tmp_path, model, loss_of):
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        for number in range(2):
            decoded, own = model(batch(number))
            loss_of(decoded.square().mean(), own).backward()
            optimizer.step()
            recorder.step()
    return open_recording(tmp_path / "run").scalars


def test_a_commitment_that_was_left_out_of_the_loss_reaches_nothing(tmp_path):
    at = run(tmp_path, Small(vq()), lambda loss, own: loss)
    np.testing.assert_array_equal(at["commitment_weight"], 0)
    np.testing.assert_array_equal(at["commitment_reaches"], 0)


def test_a_commitment_without_a_way_back_reaches_nothing(tmp_path):
    model = Small(vq(learnable_codebook=True, ema_update=False))
    encode = model.encoder.forward
    model.encoder.forward = lambda x: encode(x).detach()
    at = run(tmp_path, model, lambda loss, own: loss + own)
    np.testing.assert_array_equal(at["commitment_weight"], 1)
    np.testing.assert_array_equal(at["commitment_reaches"], 0)


def test_dead_is_told_over_a_window_of_tokens(tmp_path):
    """32 codes, 64 tokens a step: 8 tokens a code are seen in 4 steps, so the window is its least, 20."""
    codes = torch.eye(32)
    with Recorder(tmp_path / "run", every=5) as recorder:
        for step in range(1, 41):
            alive = 32 if step <= 10 else 8
            indices = torch.arange(TOKENS) % alive
            recorder.log(step, indices=indices, z_e=codes[indices] + 0.1, codebook=codes)
    recording = open_recording(tmp_path / "run")
    step, dead = recording.scalars["step"], recording.scalars["dead_0"]
    np.testing.assert_array_equal(dead, np.where(step >= 30, 24 / 32, 0))
    assert recording.frame(0).levels[0].window == 20
    np.testing.assert_allclose(recording.scalars["perplexity_0"][-1], 8)


def test_every_measure_has_a_name_and_a_unit(tmp_path):
    model = Small(vq())
    with Recorder(tmp_path / "run", every=1).watch(model, probe=batch(0)) as recorder:
        train(model, recorder, 2)
    recording = open_recording(tmp_path / "run")
    basic = {"step", "latents_seen", "batch_size", "seconds", "time"}
    for name in set(recording.scalars) - basic - set(recording.loss_names):
        assert describe(name).kind == "measure" and describe(name).unit, name
    assert recording.loss_names == ("reconstruction", "own")
