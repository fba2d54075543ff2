"""What is counted, against an independent log: every library, every level, every step between records."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from explorer.quantizers import QUANTIZERS
from explorer.recorder import Recorder, open_recording
from tests.quantizers.made_quantizers import SETTINGS
from tests.recorder.made_training import TOKENS, Small, counted, train

STEPS, EVERY = 23, 10
MARKS = (1, 10, 20, 23)


def library(name, **settings):
    return getattr(pytest.importorskip("vector_quantize_pytorch"), name)(**settings)


THEIRS = {
    "vq": lambda: library("VectorQuantize", dim=8, codebook_size=32, threshold_ema_dead_code=2),
    "cosine": lambda: library("VectorQuantize", dim=8, codebook_size=32, use_cosine_sim=True, codebook_dim=4),
    "learnable": lambda: library("VectorQuantize", dim=8, codebook_size=32, learnable_codebook=True, ema_update=False),
    "heads": lambda: library(
        "VectorQuantize", dim=8, codebook_size=32, heads=2, separate_codebook_per_head=True, codebook_dim=4
    ),
    "rvq": lambda: library("ResidualVQ", dim=8, codebook_size=32, num_quantizers=3, shared_codebook=False),
    "shared": lambda: library("ResidualVQ", dim=8, codebook_size=32, num_quantizers=3, shared_codebook=True),
    "dropout": lambda: library("ResidualVQ", dim=8, codebook_size=32, num_quantizers=3, quantize_dropout=True),
    "fsq": lambda: library("FSQ", levels=[5, 4, 3], dim=8),
    "symmetric": lambda: library("FSQ", levels=[5, 4, 2], dim=8, preserve_symmetry=True),
    "fsq groups": lambda: library("FSQ", levels=[5, 3], dim=8, num_codebooks=2),
    "lfq": lambda: library("LFQ", dim=8, codebook_size=64),
    "bsq": lambda: library("LFQ", dim=8, codebook_size=64, spherical=True),
    "simvq": lambda: library("SimVQ", dim=8, codebook_size=32),
    "residual fsq": lambda: library("ResidualFSQ", levels=[5, 3], dim=8, num_quantizers=2),
    "residual simvq": lambda: library("ResidualSimVQ", dim=8, codebook_size=32, num_quantizers=2),
}


def record(tmp_path, quantizer, dim=8):
    model = Small(quantizer, dim)
    with Recorder(tmp_path / "run", every=EVERY).watch(model) as recorder:
        train(model, recorder, STEPS)
    return model, open_recording(tmp_path / "run")


def check_counts(model, recording):
    assert recording.steps == MARKS and recording.ended and recording.notes == ()
    assert len(recording.levels) == model.chosen[0].shape[1]
    last = np.stack([np.arange(1, STEPS + 1)] * TOKENS, 1)  # (steps, tokens)
    for level, about in enumerate(recording.levels):
        before = 0
        for i, step in enumerate(MARKS):
            expected = counted(model, about.codebook_size, level, slice(before, step))
            np.testing.assert_array_equal(recording.counts(i, level), expected)
            tokens, shares = expected.sum(), expected[expected > 0] / max(1, expected.sum())
            if tokens:
                assert recording.scalars[f"perplexity_all_{level}"][i] == pytest.approx(np.exp(entropy(shares)), 1e-5)
            assert recording.scalars[f"tokens_{level}"][i] == tokens
            before = step
        chosen = np.stack([one[:, level] for one in model.chosen])
        newest = np.full(about.codebook_size, -1)
        np.maximum.at(newest, chosen[chosen >= 0], last[chosen >= 0])
        np.testing.assert_array_equal(recording.last_chosen(3, level), newest)


@pytest.mark.parametrize("name", THEIRS)
def test_every_code_of_every_step_is_counted(name, tmp_path):
    model, recording = record(tmp_path, THEIRS[name]())
    check_counts(model, recording)


@pytest.mark.parametrize("name", SETTINGS)
def test_our_own_quantizers_are_counted(name, tmp_path):
    quantizer = QUANTIZERS.load(name)(**SETTINGS[name])
    model, recording = record(tmp_path, quantizer, quantizer.dim)
    check_counts(model, recording)
    for level, book in zip(recording.levels, quantizer.codebooks(), strict=True):
        assert (level.codebook_size, level.codebook_dim, level.rule) == (
            book.codebook_size,
            book.codebook_dim,
            book.rule,
        )


@pytest.mark.parametrize("name", ["learnable", "fsq", "symmetric", "fsq groups", "lfq", "bsq", "simvq", "residual fsq"])
def test_latents_are_what_the_quantizer_compared(name, tmp_path):
    """In the frame of a step of a codebook that does not move, the nearest code of each latent is the chosen one."""
    model = Small(THEIRS[name]())
    for parameter in model.parameters():
        parameter.requires_grad_(parameter is model.encoder.weight)
    with Recorder(tmp_path / "run", every=EVERY).watch(model) as recorder:
        train(model, recorder, EVERY)
    frame = open_recording(tmp_path / "run").frame(1)
    for number, level in enumerate(frame.levels):
        assert level.z_e.shape == (10 * TOKENS, level.vectors.shape[1])
        np.testing.assert_array_equal(
            level.indices[-TOKENS:], model.chosen[-1][:, number]
        )  # the newest last, in the order of the batch
        away = np.square(level.z_e[:, None] - level.vectors[None]).sum(-1)  # (n, K)
        chosen = away[np.arange(len(away)), level.indices]
        np.testing.assert_allclose(chosen, away.min(1), rtol=1e-3, atol=1e-5)


def test_codes_follow_from_the_rule_as_the_library_has_them(tmp_path):
    for name in ("fsq", "symmetric", "lfq", "bsq"):
        model, recording = record(tmp_path / name, THEIRS[name]())
        quantizer, rule = model.quantizer, recording.levels[0].rule
        quantizer.project_out = torch.nn.Identity()
        every = torch.arange(recording.levels[0].codebook_size)
        theirs = quantizer.indices_to_codes(every[None])[0].detach().numpy()
        np.testing.assert_allclose(rule.rows(every.numpy()), theirs, atol=1e-6)


def test_masked_places_are_no_tokens(tmp_path):
    quantizer = library("VectorQuantize", dim=6, codebook_size=16)
    mask = torch.arange(16)[None] < torch.tensor([4, 16, 1, 0])[:, None]
    log = []
    with Recorder(tmp_path / "run", every=5) as recorder:
        recorder.attach(quantizer)
        for seed in range(5):
            log.append(quantizer(torch.randn(4, 16, 6, generator=torch.Generator().manual_seed(seed)), mask=mask)[1])
            recorder.step()
    chosen = torch.stack(log).flatten().numpy()
    recording = open_recording(tmp_path / "run")
    np.testing.assert_array_equal(recording.totals(1, 0), np.bincount(chosen[chosen >= 0], minlength=16))
    assert recording.totals(1, 0).sum() == 5 * 21


def test_the_winner_of_a_beam_is_counted(tmp_path):
    quantizer = library("ResidualVQ", dim=8, codebook_size=16, num_quantizers=2, beam_size=3)
    model, recording = record(tmp_path, quantizer)
    check_counts(model, recording)


def test_images_channels_first_and_an_optimizer_within_the_codebook(tmp_path):
    def adam(parameters):
        return torch.optim.Adam(parameters, 1e-2)

    quantizer = library(
        "VectorQuantize",
        dim=6,
        codebook_size=16,
        accept_image_fmap=True,
        learnable_codebook=True,
        ema_update=False,
        in_place_codebook_optimizer=adam,
    )
    encoder, log = torch.nn.Conv2d(3, 6, 1), []
    optimizer = torch.optim.SGD(encoder.parameters(), 0.1)
    recorder = Recorder(tmp_path / "run", every=4).watch(torch.nn.Sequential(encoder, quantizer))
    for seed in range(8):
        z = encoder(torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(seed)))
        quantized, indices, loss = quantizer(z)
        log.append(indices.flatten().numpy())
        (quantized.square().mean() + loss).backward()
        optimizer.step()
    recorder.close()
    recording = open_recording(tmp_path / "run")
    assert recording.steps == (1, 4, 8)  # its own optimizer's steps are none of the training
    np.testing.assert_array_equal(recording.totals(2, 0), np.bincount(np.concatenate(log), minlength=16))


def test_only_training_is_counted(tmp_path):
    model = Small(THEIRS["vq"]())
    with Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        train(model, recorder, 2)
        model.eval()
        for seed in range(3):
            model(torch.randn(4, 16, 6, generator=torch.Generator().manual_seed(seed)))
        model.train()
        train(model, recorder, 1, first=2)
    assert open_recording(tmp_path / "run").scalars["latents_seen"][-1] == 3 * TOKENS


def test_several_quantizers_of_a_model_are_told_apart(tmp_path):
    model = torch.nn.ModuleDict({"top": THEIRS["rvq"](), "bottom": THEIRS["fsq"]()})
    with Recorder(tmp_path / "run", every=1).watch(model) as recorder:
        for quantizer in model.values():
            quantizer(torch.randn(2, 5, 8))
        recorder.step()
    recording = open_recording(tmp_path / "run")
    names = [level.name for level in recording.levels]
    assert names == ["level 1 of top", "level 2 of top", "level 3 of top", "codebook of bottom"]
    assert [recording.totals(0, level).sum() for level in range(4)] == [10] * 4
