"""PSNR, SSIM, MS-SSIM and SI-SDR against torchmetrics and pytorch-msssim, over random sizes, scales and likenesses."""

import numpy as np
import pytest
import torch
from pytorch_msssim import ms_ssim as msssim_of
from pytorch_msssim import ssim as ssim_of
from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from explorer.media.quality.fidelity import ms_ssim
from explorer.media.quality.metrics import psnr, ssim
from explorer.media.quality.sound_fidelity import si_sdr_db

SIZES = [(11, 11), (16, 40), (97, 64), (180, 240)]
NOISE = [1e-3, 0.05, 0.4]


def pair(size, noise, seed):
    """A smooth picture and a noisy copy, both in [0, 1]: (H, W, 3) float32."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]] / 24
    waves = np.stack([np.sin(rows + k) * np.cos((k + 1) * columns) for k in range(3)], axis=-1)
    picture = (0.5 + 0.4 * waves).astype(np.float32)
    return picture, np.clip(picture + noise * rng.normal(size=picture.shape), 0, 1).astype(np.float32)


def planes(picture):
    return torch.from_numpy(picture).double().permute(2, 0, 1)[None]


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pictures(size, noise):
    picture, other = pair(size, noise, seed=sum(size))
    x, y = planes(picture), planes(other)
    expected = float(peak_signal_noise_ratio(y, x, data_range=1.0))
    assert psnr(picture, other) == pytest.approx(expected, abs=1e-3)
    assert ssim(picture, other) == pytest.approx(float(ssim_of(x, y, data_range=1.0)), abs=1e-5)
    if min(size) > 16:  # torchmetrics keeps the border, by padding, and cuts off as much again
        theirs = float(structural_similarity_index_measure(y, x, data_range=1.0, gaussian_kernel=True, sigma=1.5))
        assert ssim(picture, other) == pytest.approx(theirs, abs=2e-2)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("size", [(176, 200), (301, 256)], ids=str)
def test_pictures_at_several_scales(size, noise):
    picture, other = pair(size, noise, seed=7)
    assert ms_ssim(picture, other) == pytest.approx(
        float(msssim_of(planes(picture), planes(other), data_range=1.0)), abs=2e-3
    )


@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("offset", [0.0, 0.3])
@pytest.mark.parametrize("noise", [1e-3, 0.1, 3.0])
def test_sounds(noise, offset, scale):
    """Any factor leaves SI-SDR as it is; an offset counts as distortion (Le Roux et al. 2019)."""
    rng = np.random.default_rng(1)
    sound = rng.normal(size=(8000, 1)).astype(np.float32)
    decoded = (scale * (sound + noise * rng.normal(size=sound.shape)) + offset).astype(np.float32)
    a, b = (torch.from_numpy(signal[:, 0]).double() for signal in (decoded, sound))
    expected = float(scale_invariant_signal_distortion_ratio(a, b, zero_mean=False))
    assert si_sdr_db(sound, decoded) == pytest.approx(expected, abs=0.02)
