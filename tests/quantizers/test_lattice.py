"""Implicit codebooks: hand-worked codes, and the entropies against an explicit softmax over all codes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.analysis.codes.neighbours import assign
from explorer.foundation.errors import SettingsError
from explorer.quantizers.lattices.bsq import BinarySphericalQuantizer
from explorer.quantizers.lattices.fsq import FiniteScalarQuantizer
from explorer.quantizers.lattices.lattice import sign_entropies
from explorer.quantizers.lattices.lfq import LookupFreeQuantizer


def test_fsq_by_hand():
    # levels (3, 4). Far right: values 1 and (3 - 2) / 2 = 0.5, digits 2 and 3, index 2 + 3 * 3 = 11.
    # Far left: -1 and -1, digits 0 and 0, index 0. At zero: 0 and 0, digits 1 and 2, index 1 + 3 * 2 = 7.
    output = FiniteScalarQuantizer((3, 4)).eval()(torch.tensor([[9.0, 9.0], [-9.0, -9.0], [0.0, 0.0]]))
    assert output.indices.flatten().tolist() == [11, 0, 7]
    torch.testing.assert_close(output.z_q, torch.tensor([[1.0, 0.5], [-1.0, -1.0], [0.0, 0.0]]))


def test_signs_by_hand():
    # bits + - + read from the left: 101 = 5.
    z = torch.tensor([[0.2, -3.0, 1.0]])
    lfq, bsq = LookupFreeQuantizer(3).eval()(z), BinarySphericalQuantizer(3).eval()(z)
    assert lfq.indices.item() == bsq.indices.item() == 5
    assert lfq.z_q.tolist() == [[1.0, -1.0, 1.0]]
    torch.testing.assert_close(bsq.z_q, torch.tensor([[1.0, -1.0, 1.0]]) / 3**0.5)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_sign_of_zero_is_minus_everywhere(zero):
    """In LFQ and BSQ, for FSQ's two values, and for whoever assigns latents to a lattice afterwards."""
    z = torch.tensor([[0.2, zero, zero], [zero, zero, zero]])
    for quantizer in (LookupFreeQuantizer(3), BinarySphericalQuantizer(3), FiniteScalarQuantizer((2, 2, 2))):
        output = quantizer.eval()(z)
        first = 1 if isinstance(quantizer, FiniteScalarQuantizer) else 4  # FSQ counts its first axis fastest
        assert output.indices.flatten().tolist() == [first, 0], quantizer
        book, stage = quantizer.codebooks()[0], output.stages[0]
        assert assign(book, stage.z_e.numpy()).tolist() == [first, 0], quantizer
    module = pytest.importorskip("vector_quantize_pytorch").LFQ(dim=3, codebook_size=8).eval()
    assert module(z[None]).indices.flatten().tolist() == [4, 0]


@pytest.mark.parametrize("levels", [2, 3, 4, 5, 8, 255, 1000, 1001, 1002, 4096, 65_536, 2**20])
def test_fsq_reaches_each_of_its_values_and_no_other(levels):
    """1,002 values gave indices -1 and 1,002; of 2 values the border was at -3.8."""
    quantizer = FiniteScalarQuantizer((levels,)).eval()
    half, offset, shift = (t.double() for t in (quantizer.half_range, quantizer.offset, quantizer.shift))
    middles = torch.arange(levels).double() - levels // 2
    z = (((middles + offset) / half).atanh() - shift).float()[:, None]
    output = quantizer(z)
    assert torch.equal(output.indices[:, 0], torch.arange(levels))
    assert torch.equal(output.z_q[:, 0], (middles / (levels // 2)).float())
    ends = quantizer(torch.tensor([[-1e9], [1e9], [-torch.inf], [torch.inf]]))
    assert ends.indices.flatten().tolist() == [0, levels - 1] * 2


def test_two_values_an_axis_share_a_normal_distribution():
    z = torch.randn(10_000, 3, generator=torch.Generator().manual_seed(0))
    output = FiniteScalarQuantizer((2, 2, 2)).eval()(z)
    assert torch.equal(output.z_q, (z > 0).float() - 1)
    counts = output.indices.flatten().bincount(minlength=8)
    assert (counts - 1250).abs().max() < 5 * 1250**0.5


@pytest.mark.parametrize("levels", [(3,), (4,), (8, 5, 5, 5), (7, 6), (999,), (1000,)])
def test_fsq_is_vector_quantize_pytorchs(levels):
    module = pytest.importorskip("vector_quantize_pytorch").FSQ(list(levels)).eval()
    z = torch.randn(4000, len(levels), generator=torch.Generator().manual_seed(1)) * 3
    z_q, indices = module(z[None])
    output = FiniteScalarQuantizer(levels).eval()(z)
    eps, sizes = torch.finfo(torch.float32).eps, torch.tensor(levels, dtype=torch.float64)
    half, offset = (sizes - 1) * 1.001 / 2, (sizes % 2 == 0) / 2
    place = torch.tanh(z.double() + torch.atanh(offset / half)) * half - offset  # whole numbers are the values
    border = ((place - place.floor() - 0.5).abs() < 8 * eps * sizes).any(1)  # within a few roundings of L / 2
    clear = ~border
    assert clear.float().mean() > 0.98
    assert torch.equal(output.indices[clear, 0], indices[0].long()[clear])
    torch.testing.assert_close(output.z_q[clear], z_q[0][clear], rtol=0, atol=4 * eps)
    assert ((output.z_q - z_q[0]).abs() <= 1.01 / (sizes // 2)).all(), "at a border either of the two"


def test_half_way_fsq_takes_the_lower_value():
    quantizer = FiniteScalarQuantizer((5,))
    bounded = torch.tensor([[-1.5], [-0.5], [0.5], [1.5], [0.75]])
    assert quantizer._rounded(bounded).flatten().tolist() == [-2, -1, 0, 1, 1]
    book = quantizer.codebooks()[0]
    assert assign(book, (bounded / 2).numpy()).tolist() == [0, 1, 2, 3, 3]


def test_more_values_than_float32_tells_apart_are_refused():
    with pytest.raises(SettingsError, match="at most 1,048,576"):
        FiniteScalarQuantizer((2**20 + 1,))


@pytest.mark.parametrize("quantizer", [FiniteScalarQuantizer((8, 5, 2)), LookupFreeQuantizer(6)])
def test_every_code_is_reached_by_its_own_vector(quantizer):
    indices = torch.arange(quantizer.codebook_size)[:, None]
    rows = quantizer.lookup(indices)
    np.testing.assert_allclose(rows, quantizer.codebooks()[0].rows(indices[:, 0].numpy()))
    if isinstance(quantizer, LookupFreeQuantizer):
        assert torch.equal(quantizer.eval()(rows).indices, indices)
    else:
        assert torch.equal(quantizer.indices_of(rows * quantizer.half_width + quantizer.half_width), indices[:, 0])


@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_entropies_against_softmax_over_all_codes(scale):
    bits, inverse_temperature = 5, 0.7
    u = torch.randn(50, bits, generator=torch.Generator().manual_seed(2))
    codes = np.array([[(c >> b & 1) * 2 - 1 for b in range(bits)] for c in range(2**bits)]) * scale  # (K, bits)
    logits = 2 * inverse_temperature * u.double().numpy() @ codes.T
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    mean = p.mean(0)
    per_latent, of_mean = sign_entropies(u, scale, inverse_temperature, group_bits=8)
    assert per_latent.item() == pytest.approx(-(p * np.log(p)).sum(1).mean(), rel=1e-5)
    assert of_mean.item() == pytest.approx(-(mean * np.log(mean)).sum(), rel=1e-5)
    grouped = sign_entropies(u, scale, inverse_temperature, group_bits=2)[1]
    assert grouped.item() > of_mean.item()  # groups ignore what bits share: an upper bound


def test_groups_without_bits_are_refused():
    with pytest.raises(SettingsError, match="group_bits"):
        sign_entropies(torch.zeros(2, 3), 1.0, 1.0, group_bits=0)
