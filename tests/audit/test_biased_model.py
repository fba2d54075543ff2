"""A model whose encoder has a bias, so that latents and codes lie far from zero: its tokens and its audit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_audit import save_picture
from torch import nn

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.codec import nearest
from explorer.tokenizers.user.adapter import attach

BIAS = 30.0


def brute_force(latents: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The first of the nearest codes, in float64: (N, D), (K, D) -> (N,)."""
    x, e = latents.astype(np.float64), codes.astype(np.float64)
    return np.square(x[:, None] - e[None]).sum(2).argmin(1)


def plain_formula(latents: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """|x|^2 - 2 x.c + |c|^2 in float32, about zero."""
    return (np.square(latents).sum(1)[:, None] - 2 * latents @ codes.T + np.square(codes).sum(1)).argmin(1)


@pytest.mark.parametrize(("mean", "wrong"), [(0, 0.0), (30, 0.003), (1000, 0.3), (10_000, 0.9)])
def test_nearest_of_a_codec_is_exact_wherever_codes_lie(mean, wrong):
    random = np.random.default_rng(0)
    latents, codes = (random.normal(mean, 1, shape).astype(np.float32) for shape in ((3, 1000, 2), (256, 2)))
    exact = brute_force(latents.reshape(-1, 2), codes)
    found = nearest(torch.from_numpy(latents), torch.from_numpy(codes))
    assert found.shape == (3, 1000) and (found.numpy().ravel() != exact).sum() == 0
    assert (plain_formula(latents.reshape(-1, 2), codes) != exact).mean() >= wrong


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waves")
    for number in range(12):
        save_picture(folder / f"{number:02}.png", 64, 96, seed=number)
    return open_source(folder)


def colours(count: int, side: int, seed: int) -> torch.Tensor:
    """Pictures (count, 3, side, side) of a colour each, with noise."""
    chance = torch.Generator().manual_seed(seed)
    return (torch.rand(count, 3, 1, 1, generator=chance) + torch.rand(count, 3, side, side, generator=chance) / 5) / 1.2


def test_a_bias_of_30_changes_no_token_and_accuses_no_codebook(source):
    torch.manual_seed(0)
    encoder, decoder = nn.Conv2d(3, 2, 8, 8), nn.ConvTranspose2d(2, 3, 8, 8)
    with torch.no_grad():
        encoder.weight.div_(encoder(colours(8, 64, 0)).std())
        encoder.bias.fill_(BIAS)
        latents = encoder(colours(8, 64, 1)).movedim(1, 3).reshape(-1, 2)  # of spread 1
    codebook = latents[torch.randperm(len(latents))[:256]].contiguous()
    codec = attach(encoder, decoder, codebook=codebook, downsampling=8)
    tokenizer = AdaptedTokenizer(codec, codec.spec, "cpu")

    levels = [tokenizer.tokenize(one.numpy()).levels[0] for one in colours(6, 256, 2).movedim(1, 3)]
    z_e = np.concatenate([level.z_e for level in levels])
    exact, plain = brute_force(z_e, codebook.numpy()), plain_formula(z_e, codebook.numpy())
    assert (np.concatenate([level.indices.ravel() for level in levels]) != exact).sum() == 0
    assert (plain != exact).sum() > 0 and abs(z_e.mean() - BIAS) < 5

    audit = run_audit(tokenizer, source, title="t")
    assert not _accused(diagnose(audit, tokenizer.codebooks()))
    (own,) = tokenizer.codebooks()
    other = replace(own, vectors=np.random.default_rng(0).normal(BIAS, 1, (256, 2)).astype(np.float32))
    assert _accused(diagnose(audit, [other])), "so that this would see it"


def _accused(findings) -> bool:
    return any("belong together" in one.title or "another checkpoint" in one.text for one in findings)
