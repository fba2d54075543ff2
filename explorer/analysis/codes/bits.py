"""How the axes of a lattice are used: the values of each digit (FSQ) or the bits and how they go together (LFQ, BSQ).

A sign code (LFQ, BSQ) can name 2^b codes, but a bit that is nearly constant, or that follows another one, halves them.
Everything is counted over the tokens of an audit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.record import LatticeRule


@dataclass(frozen=True)
class BitUsage:
    """ones (b,): share of tokens whose bit is 1. entropy_bits (b,): of each bit alone, 1 at most. correlation (b, b):
    Pearson's over tokens (phi), NaN with a bit that never changes. tokens: how many were counted."""

    ones: np.ndarray
    entropy_bits: np.ndarray
    correlation: np.ndarray
    tokens: int


def axis_usage(rule: LatticeRule, counts: np.ndarray) -> list[np.ndarray]:
    """Share of tokens at each value of each axis: one (levels,) float64 array an axis, in order of the digit."""
    weights, digits = _used(rule, counts)
    return [
        np.bincount(digits[:, axis], weights=weights, minlength=levels) / weights.sum()
        for axis, levels in enumerate(rule.levels)
    ]


def bit_usage(rule: LatticeRule, counts: np.ndarray) -> BitUsage:
    """Bits of a lattice of two values an axis. Raises RecordError for another lattice, or without any token."""
    if set(rule.levels) != {2}:
        raise RecordError(f"the axes of {rule.name} have {rule.levels} values, so its codes are not bits")
    weights, digits = _used(rule, counts)
    share = weights / weights.sum()
    ones = share @ digits
    centred = digits - ones
    covariance = centred.T @ (centred * share[:, None])
    deviation = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = covariance / np.outer(deviation, deviation)
        entropy = -sum(np.where(p > 0, p * np.log2(p), 0.0) for p in (ones, 1 - ones))
    correlation[(deviation == 0), :] = np.nan
    correlation[:, (deviation == 0)] = np.nan
    return BitUsage(ones, entropy + 0.0, np.clip(correlation, -1, 1), int(weights.sum()))


def corners(rule: LatticeRule, counts: np.ndarray, bits: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Eight corners that three bits make: (unit vectors (8, 3) float64, tokens (8,) int64), first bit most significant.

    Bit 1 is the positive side. Raises SettingsError unless `bits` are three different ones, RecordError as `bit_usage`.
    """
    if set(rule.levels) != {2}:
        raise RecordError(f"the axes of {rule.name} have {rule.levels} values, so its codes are not bits")
    if len(bits) != 3 or len(set(bits)) != 3 or not all(0 <= bit < len(rule.levels) for bit in bits):
        raise SettingsError(f"choose three different bits of 0 to {len(rule.levels) - 1}, not {list(bits)}")
    weights, digits = _used(rule, counts)
    corner = digits[:, list(bits)] @ np.array([4, 2, 1])
    tokens = np.bincount(corner, weights=weights, minlength=8).astype(np.int64)
    signs = (np.arange(8)[:, None] >> np.array([2, 1, 0]) & 1) * 2 - 1
    return signs / np.sqrt(3), tokens


def _used(rule: LatticeRule, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the codes in use: (tokens (n,) float64, digits (n, D))."""
    used = np.flatnonzero(counts)
    if not len(used):
        raise RecordError("no tokens were counted, so the use of bits is unknown")
    return np.asarray(counts)[used].astype(np.float64), rule.digits(used)
