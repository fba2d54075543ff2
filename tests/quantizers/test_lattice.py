"""Implicit codebooks: hand-worked codes, and the entropies against an explicit softmax over all codes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.errors import SettingsError
from explorer.quantizers.bsq import BinarySphericalQuantizer
from explorer.quantizers.fsq import FiniteScalarQuantizer
from explorer.quantizers.lattice import sign_entropies
from explorer.quantizers.lfq import LookupFreeQuantizer


def test_fsq_by_hand():
    # levels (3, 4). Far right: values 1 and (3 - 2) / 2 = 0.5, digits 2 and 3, index 2 + 3 * 3 = 11.
    # Far left: -1 and -1, digits 0 and 0, index 0. At zero: 0 and 0, digits 1 and 2, index 1 + 3 * 2 = 7.
    output = FiniteScalarQuantizer((3, 4)).eval()(torch.tensor([[9.0, 9.0], [-9.0, -9.0], [0.0, 0.0]]))
    assert output.indices.flatten().tolist() == [11, 0, 7]
    torch.testing.assert_close(output.z_q, torch.tensor([[1.0, 0.5], [-1.0, -1.0], [0.0, 0.0]]))


def test_signs_by_hand():
    # bits + - + read from the left: 101 = 5; the sign of 0 is +.
    z = torch.tensor([[0.2, -3.0, 0.0]])
    lfq, bsq = LookupFreeQuantizer(3).eval()(z), BinarySphericalQuantizer(3).eval()(z)
    assert lfq.indices.item() == bsq.indices.item() == 5
    torch.testing.assert_close(lfq.z_q, torch.tensor([[1.0, -1.0, 1.0]]))
    torch.testing.assert_close(bsq.z_q, torch.tensor([[1.0, -1.0, 1.0]]) / 3**0.5)


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
