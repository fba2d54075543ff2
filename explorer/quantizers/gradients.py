"""Gradient estimators: how the gradient passes the argmin. Chosen apart from the quantizer.

Each takes z_e and z_q (..., D) and returns a tensor whose value is exactly z_q and whose gradient reaches z_e. Where
z_e is not finite it is NaN, so that nothing downstream takes it for a code that was found.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message


def straight_through(z_e: Tensor, z_q: Tensor) -> Tensor:
    """Straight-through estimator (Bengio et al. 2013, arXiv 1308.3432): the gradient at z_q is copied to z_e.

    As VQ-VAE has it for eq. 2 there (van den Oord et al. 2017, section 3.2).
    """
    return _with_value(z_q, z_e)


def rotation_trick(z_e: Tensor, z_q: Tensor) -> Tensor:
    """Rotation trick (Fifty et al. 2024, arXiv 2410.06424, section 4.2): z_q is written as a rotated, rescaled z_e.

    q = (|q|/|e|) R e with R = I - 2 r r^T + 2 q^ e^^T, r = (e^ + q^)/|e^ + q^|; R and the scale are constants for
    the backward pass, so the gradient keeps its angle to the code (section 4.1) rather than its direction in space.
    """
    with torch.autocast(z_e.device.type, enabled=False):
        e, q = z_e.float(), z_q.detach().float()
        e_norm, q_norm = e.detach().norm(dim=-1, keepdim=True), q.norm(dim=-1, keepdim=True)
        e_hat, q_hat = normalize(e.detach(), dim=-1), normalize(q, dim=-1)
        r = normalize(e_hat + q_hat, dim=-1)
        rotated = e - 2 * (e * r).sum(-1, keepdim=True) * r + 2 * (e * e_hat).sum(-1, keepdim=True) * q_hat
        scale = torch.where(e_norm > 0, q_norm / e_norm.clamp_min(1e-12), 1.0)  # a zero latent has no direction to turn
        return _with_value(q, scale * rotated)


def _with_value(value: Tensor, gradient: Tensor) -> Tensor:
    """`value`, to the bit, with the gradient of `gradient`: what is added is zero. (x + (value - x) would round.)"""
    return value.detach() + (gradient - gradient.detach())


ESTIMATORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "ste": straight_through,
    "rotation": rotation_trick,
}


def estimator(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The estimator of that name. Raises UnknownIdError."""
    if name not in ESTIMATORS:
        raise UnknownIdError(unknown_id_message("gradient estimator", name, list(ESTIMATORS)))
    return ESTIMATORS[name]
