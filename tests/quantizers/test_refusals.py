"""What no quantizer takes, said in plain words."""

from __future__ import annotations

import pytest
import torch

from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.reseeding import Reseeding
from explorer.quantizers.vq import CodebookOptions
from tests.quantizers.made_quantizers import (
    SETTINGS,
    SIZED,
    D,
    K,
    build,
)


def test_latents_of_the_wrong_kind_are_refused(name):
    quantizer = build(name)
    with pytest.raises(SettingsError, match="latents must be floats"):
        quantizer(torch.zeros(4, quantizer.dim + 1))
    with pytest.raises(SettingsError, match="latents must be floats"):
        quantizer(torch.zeros(4, quantizer.dim, dtype=torch.long))


@pytest.mark.parametrize("name", SIZED)
def test_no_codes_are_refused(name):
    with pytest.raises(SettingsError, match="codebook_size"):
        QUANTIZERS.load(name)(**SETTINGS[name] | {"codebook_size": 0})


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("pq", {"num_quantizers": 3}, "3 groups do not divide 8"),
        ("multihead", {"num_quantizers": 3}, "3 heads do not divide 8"),
        ("multihead", {"head_dim": -1}, "head_dim must be at least 1"),
        ("multihead", {"compose": "product"}, "concatenate or sum"),
        ("rvq", {"beam": 0}, "beam must be at least 1"),
        ("rvq", {"level_dropout": 1.5}, "level_dropout must be from 0 to 1"),
        ("rvq", {"options": CodebookOptions(metric="cosine")}, "Euclidean"),
        ("kmeans", {"fit_at": 0}, "fit_at"),
        ("gumbel", {"temperature": 0.0}, "temperature and sharpness must be > 0"),
        ("fsq", {"levels": (1, 5)}, "at least 2"),
        ("fsq", {"levels": (64,) * 6}, "too large"),
        ("lfq", {"bits": 0}, "bits must be"),
        ("bsq", {"bits": 40}, "too large"),
    ],
)
def test_impossible_settings_are_refused_in_plain_words(name, changes, words):
    with pytest.raises(SettingsError, match=words):
        QUANTIZERS.load(name)(**SETTINGS[name] | changes)


@pytest.mark.parametrize(
    ("make", "valid"),
    [
        (lambda: CodebookOptions(gradient="stee"), "'ste'"),
        (lambda: CodebookOptions(regularizers=(("entropy", 1.0),)), "soft_entropy"),
        (lambda: Initialization("k-means"), "kmeans"),
        (lambda: Reseeding("random"), "random_latent"),
        (lambda: Reseeding("split", dead_by="count"), "ema_count"),
        (lambda: QUANTIZERS.load("vqq"), "simvq"),
    ],
)
def test_unknown_names_list_the_valid_ones(make, valid):
    with pytest.raises(UnknownIdError, match=valid):
        make()


def test_a_batch_smaller_than_the_codebook_cannot_start_kmeans():
    options = CodebookOptions(initialization=Initialization("kmeans"))
    for quantizer in (QUANTIZERS.load("vq")(D, K, options), QUANTIZERS.load("kmeans")(D, K)):
        with pytest.raises(SettingsError, match="at least as many latents as codes, got 10 for K = 32"):
            quantizer.train()(torch.randn(10, D))
