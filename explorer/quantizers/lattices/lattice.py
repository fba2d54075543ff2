"""What FSQ, LFQ and BSQ share: an implicit codebook given by a rule, and the entropy terms of sign bits."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook, LatticeRule
from explorer.quantizers.base import CodeCounts, Quantizer

MAX_CODES = 2**24  # each code has a counter of 12 bytes


class LatticeQuantizer(Quantizer):
    """A quantizer without a table: codes are the points of `rule`."""

    def __init__(self, rule: LatticeRule, decay: float = 0.99) -> None:
        if rule.codebook_size > MAX_CODES:
            raise SettingsError(f"{rule.name} with K = {rule.codebook_size:,} is too large, at most {MAX_CODES:,}")
        super().__init__(len(rule.levels), rule.codebook_size)
        self.rule = rule
        self.counts = CodeCounts(rule.codebook_size, decay)
        width = max(rule.levels)
        table = torch.tensor([values + (math.nan,) * (width - len(values)) for values in rule.axis_values])
        self.register_buffer("axis_values", table, persistent=False)  # (D, max levels)
        self.register_buffer("radix", torch.tensor(rule.radix().tolist()), persistent=False)  # (D,)
        self.register_buffer("axis_levels", torch.tensor(rule.levels), persistent=False)  # (D,)

    def indices_of(self, digits: Tensor) -> Tensor:
        """digits (..., D) -> indices (...)."""
        return (digits.long() * self.radix).sum(-1)

    def digits_of(self, indices: Tensor) -> Tensor:
        """indices (...) -> digits (..., D)."""
        return indices[..., None] // self.radix % self.axis_levels

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        digits = self.digits_of(indices[..., 0])  # (..., D)
        axes = torch.arange(self.dim, device=digits.device).expand_as(digits)
        return [self.axis_values[axes, digits]]

    def codebooks(self) -> tuple[Codebook, ...]:
        counts = self.counts.ema_count.cpu().numpy().copy()
        return (
            Codebook(
                self.codebook_size, self.dim, "implicit", rule=self.rule, counts=counts, counts_decay=self.counts.decay
            ),
        )


def sign_entropies(u: Tensor, scale: float, inverse_temperature: float, group_bits: int) -> tuple[Tensor, Tensor]:
    """Mean entropy of soft assignments and entropy of the mean assignment, in nats.

    u (N, D); codes are {-scale, +scale}^D and p(c|u) = softmax(2 t u.c), which factorizes: P(bit = 1) = sigmoid(4 t u
    scale). The first term is therefore an exact sum over bits; the second is computed over the 2^group_bits
    combinations of each group of bits and summed over groups (exact if one group holds all, else an upper bound).
    Raises SettingsError for groups of no bit, or of more than 16.
    Sources: MAGVIT-v2 (Yu et al. 2023, arXiv 2310.05737, eq. 5) for the two entropies. BSQ (Zhao et al. 2024, arXiv
    2406.07548) writes the soft choice of LFQ as exp(-tau |u - c|^2), which is exp(2 t u.c) with t = tau but for what
    all codes share; so have it BSQ's code and Open-MAGVIT2, too. For its own codes BSQ writes exp(tau u.c), so that
    t is tau / 2, and the product over bits of sigmoid(2 tau u c) (eq. 5 of one version, 7 of another).
    """
    if not 1 <= group_bits <= 16:
        raise SettingsError(f"group_bits must be from 1 to 16, got {group_bits}")
    logits = 4 * inverse_temperature * scale * u.float()  # (N, D)
    p = logits.sigmoid()
    softplus = torch.nn.functional.softplus
    per_latent = (p * softplus(-logits) + (1 - p) * softplus(logits)).sum(-1).mean()  # sum of bit entropies
    of_mean = torch.zeros_like(per_latent)
    for group in p.split(group_bits, dim=-1):
        joint = group.new_ones(len(group), 1)  # (N, 1) -> (N, 2^bits)
        for bit in group.unbind(-1):
            joint = torch.cat([joint * (1 - bit)[:, None], joint * bit[:, None]], dim=-1)
        mean = joint.mean(0)
        of_mean = of_mean - (mean * (mean + 1e-12).log()).sum()
    return per_latent, of_mean
