"""Use of bits and axes, against numpy over every single token."""

import numpy as np
import pytest
from made_audits import lattice, signs

from explorer.analysis.codes.bits import axis_usage, bit_usage, corners
from explorer.foundation.errors import RecordError, SettingsError

BITS = 6


def tokens(seed=0, n=5000):
    """Codes whose bits are of different shares, bit 5 following bit 4 most of the time."""
    rng = np.random.default_rng(seed)
    bits = rng.random((n, BITS)) < [0.5, 0.1, 0.9, 0.5, 0.5, 0.5]
    bits[:, 5] = np.where(rng.random(n) < 0.9, bits[:, 4], bits[:, 5])
    return bits @ (2 ** np.arange(BITS - 1, -1, -1)), bits


def test_bits_over_tokens():
    codes, bits = tokens()
    known = bit_usage(signs(BITS).rule, np.bincount(codes, minlength=2**BITS))
    assert known.tokens == 5000
    assert np.allclose(known.ones, bits.mean(0))
    assert np.allclose(known.correlation, np.corrcoef(bits.T.astype(float)), atol=1e-9)
    p = bits.mean(0)
    assert np.allclose(known.entropy_bits, -(p * np.log2(p) + (1 - p) * np.log2(1 - p)))
    assert known.correlation[4, 5] > 0.8


def test_a_bit_that_never_changes_has_no_correlation():
    known = bit_usage(signs(3).rule, np.array([5, 3, 2, 2, 0, 0, 0, 0]))
    assert known.ones[0] == 0 and known.entropy_bits[0] == 0
    assert np.isnan(known.correlation[0]).all() and np.isfinite(known.correlation[1:, 1:]).all()


def test_axes_of_a_lattice_over_tokens():
    codebook = lattice(4, 3, 5)
    codes = np.random.default_rng(1).integers(0, 60, 3000) ** 2 // 60
    shares = axis_usage(codebook.rule, np.bincount(codes, minlength=60))
    digits = np.stack(np.unravel_index(codes, (5, 3, 4))[::-1], axis=-1)  # the first axis counts fastest
    for axis, share in enumerate(shares):
        assert np.allclose(share, np.bincount(digits[:, axis], minlength=(4, 3, 5)[axis]) / 3000)


def test_corners_of_three_bits():
    codes, bits = tokens(2)
    xyz, counts = corners(signs(BITS).rule, np.bincount(codes, minlength=2**BITS), (4, 0, 2))
    expected = np.zeros(8, int)
    np.add.at(expected, bits[:, 4] * 4 + bits[:, 0] * 2 + bits[:, 2] * 1, 1)
    assert counts.tolist() == expected.tolist()
    assert np.allclose(np.linalg.norm(xyz, axis=1), 1)
    assert xyz[0b101].tolist() == pytest.approx([3**-0.5, -(3**-0.5), 3**-0.5])


def test_what_has_no_bits_is_named():
    with pytest.raises(RecordError, match="not bits"):
        bit_usage(lattice(3, 2).rule, np.ones(6))
    with pytest.raises(SettingsError, match="three different bits"):
        corners(signs(4).rule, np.ones(16), (1, 1, 2))
    with pytest.raises(SettingsError, match="0 to 3"):
        corners(signs(4).rule, np.ones(16), (1, 2, 4))
    with pytest.raises(RecordError, match="no tokens"):
        bit_usage(signs(2).rule, np.zeros(4))
