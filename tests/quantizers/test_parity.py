"""The same numbers as vector-quantize-pytorch: by golden arrays always, live where the package is installed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from explorer.quantizers.gradients import rotation_trick
from explorer.quantizers.lattices.bsq import BinarySphericalQuantizer
from explorer.quantizers.lattices.fsq import FiniteScalarQuantizer
from explorer.quantizers.lattices.lattice import sign_entropies
from explorer.quantizers.lattices.lfq import LookupFreeQuantizer
from explorer.quantizers.reseeding import Reseeding
from explorer.quantizers.rvq import ResidualQuantizer
from explorer.quantizers.simvq import SimVQQuantizer
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer
from tests.quantizers import make_goldens as made

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(made.GOLDENS) as file:
        return dict(file)


@pytest.fixture
def data() -> dict[str, torch.Tensor]:
    return made.inputs()


def _vq(codes: torch.Tensor, **options: object) -> VectorQuantizer:
    quantizer = VectorQuantizer(made.DIM, made.CODES, CodebookOptions(decay=0.8, **options))
    quantizer.vectors.data.copy_(codes)
    quantizer.ema_sum.copy_(codes)
    return quantizer


def test_goldens_are_what_the_package_computes(golden):
    pytest.importorskip("vector_quantize_pytorch")
    live = made.reference()
    assert live.keys() == golden.keys()
    for name, value in golden.items():
        assert_allclose(live[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_one_ema_step_with_laplace_smoothing(golden, data):
    quantizer = _vq(data["codes"], beta=1.0).train()
    output = quantizer(data["z"])
    assert_array_equal(output.indices[:, 0], golden["ema_indices"])
    assert_allclose(output.loss.detach(), golden["ema_loss"].item(), **CLOSE)
    assert_allclose(quantizer.counts.ema_count, golden["ema_count"], **CLOSE)
    assert_allclose(quantizer.ema_sum, golden["ema_sum"], **CLOSE)
    assert_allclose(quantizer.vectors, golden["ema_codes"], **CLOSE)


def test_the_same_codes_expire_and_get_statistics_that_agree_with_them(golden, data):
    reseeding = Reseeding("random_latent", threshold=1.0, every=1, noise=0.0)
    quantizer = _vq(data["codes"], reseeding=reseeding).train()
    quantizer(data["z"])
    expired = [event.code for event in quantizer.drain_events()]
    assert_array_equal(expired, np.flatnonzero(golden["expired"]))
    assert_allclose(golden["expired_means"], golden["expired_codes"], **CLOSE)  # theirs: M = t v, N = t
    mean = quantizer.ema_sum[expired] / quantizer.counts.ema_count[expired, None]
    assert_allclose(mean, quantizer.vectors[expired], **CLOSE)  # ours: M = n v, N = n, n the mean count


def test_cosine_indices_and_codes(golden, data):
    quantizer = _vq(data["codes"], metric="cosine").eval()
    output = quantizer(data["z"])
    assert_array_equal(output.indices[:, 0], golden["cosine_indices"])
    assert_allclose(output.stages[0].z_q, golden["cosine_z_q"], **CLOSE)


def test_residual_indices(golden, data):
    quantizer = ResidualQuantizer(made.DIM, made.CODES, 2).eval()
    for level, codes in zip(quantizer.levels, (data["codes"], data["codes_2"]), strict=True):
        level.vectors.data.copy_(codes)
    output = quantizer(data["z"])
    assert_array_equal(output.indices, golden["rvq_indices"])
    assert_allclose(output.z_q.detach(), golden["rvq_z_q"], **CLOSE)


def test_rotation_trick_value_and_gradient(golden, data):
    z = data["z"].clone().requires_grad_()
    z_q = rotation_trick(z, data["codes"].repeat(4, 1)[: made.TOKENS])
    z_q.backward(data["cotangent"])
    assert_allclose(z_q.detach(), golden["rotation_z_q"], rtol=1e-4, atol=1e-5)
    assert_allclose(z.grad, golden["rotation_gradient"], rtol=1e-4, atol=1e-5)


def test_simvq(golden, data):
    quantizer = SimVQQuantizer(made.DIM, made.CODES)
    quantizer.table.copy_(data["codes"])
    quantizer.basis.weight.data.copy_(data["basis"])
    output = quantizer(data["z"])
    assert_array_equal(output.indices[:, 0], golden["simvq_indices"])
    assert_allclose(output.z_q.detach(), golden["simvq_z_q"], **CLOSE)
    assert_allclose(output.loss.detach(), golden["simvq_loss"], **CLOSE)


def test_fsq_values_and_indices(golden, data):
    output = FiniteScalarQuantizer(made.FSQ_LEVELS)(data["z_fsq"])
    assert_array_equal(output.indices[:, 0], golden["fsq_indices"])
    assert_allclose(output.z_q, golden["fsq_z_q"], **CLOSE)


@pytest.mark.parametrize(("name", "kind"), [("lfq", LookupFreeQuantizer), ("bsq", BinarySphericalQuantizer)])
def test_sign_quantizers_and_their_entropies(name, kind, golden, data):
    output = kind(made.BITS)(data["z_bits"])
    assert_array_equal(output.indices[:, 0], golden[f"{name}_indices"])
    assert_allclose(output.z_q, golden[f"{name}_z_q"], **CLOSE)
    u, scale = data["z_bits"], 1.0
    if name == "bsq":
        u, scale = torch.nn.functional.normalize(u, dim=-1), made.BITS**-0.5
    per_latent, of_mean = sign_entropies(u, scale, made.TEMPERATURE, group_bits=10)
    assert_allclose(per_latent, golden[f"{name}_per_sample"], rtol=1e-4)
    assert_allclose(of_mean, golden[f"{name}_of_mean"], rtol=1e-4)
