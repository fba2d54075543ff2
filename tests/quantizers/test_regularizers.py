"""Each regularizer against its formula in numpy, and that it pushes the way it should."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.quantizers.regularizers import REGULARIZERS

rng = np.random.default_rng(11)
Z, C = rng.normal(size=(30, 3)), rng.normal(size=(7, 3))
INDICES = rng.integers(7, size=30)


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def _mean_assignment() -> np.ndarray:
    return _softmax(-((Z[:, None] - C) ** 2).sum(-1)).mean(0)


def _pairs(matrix: np.ndarray) -> float:
    return matrix[~np.eye(len(matrix), dtype=bool)].mean()


def _vicreg() -> float:
    covariance = np.cov(C, rowvar=False)
    hinge = np.maximum(0, 1 - np.sqrt(C.var(0) + 1e-4)).mean()
    return hinge + (covariance[~np.eye(3, dtype=bool)] ** 2).sum() / 3


UNIT = C / np.linalg.norm(C, axis=1, keepdims=True)
EXPECTED = {
    "soft_entropy": lambda: (_mean_assignment() * np.log(_mean_assignment())).sum(),
    "kl_to_uniform": lambda: (_mean_assignment() * np.log(_mean_assignment() * 7)).sum(),
    "norm": lambda: ((np.linalg.norm(C, axis=1) - 1) ** 2).mean(),
    "repulsion": lambda: _pairs(np.exp(-((C[:, None] - C) ** 2).sum(-1))),
    "orthogonality": lambda: _pairs((UNIT @ UNIT.T) ** 2),
    "variance": lambda: max(0.0, 1 - C.var(0).mean()),
    "contrastive": lambda: -np.log(_softmax(Z @ C.T)[np.arange(30), INDICES]).mean(),
    "vicreg": _vicreg,
}


def test_all_are_checked():
    assert set(EXPECTED) == set(REGULARIZERS)


@pytest.mark.parametrize("name", list(REGULARIZERS))
def test_formula(name):
    arguments = torch.tensor(Z).float(), torch.tensor(C).float(), torch.tensor(INDICES)
    assert REGULARIZERS[name](*arguments).item() == pytest.approx(EXPECTED[name](), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", list(REGULARIZERS))
def test_gradient_lowers_it(name):
    vectors = (torch.tensor(C).float() * 0.3).requires_grad_()  # small, so that "variance" is at work
    arguments = torch.tensor(Z).float(), vectors, torch.tensor(INDICES)
    before = REGULARIZERS[name](*arguments)
    gradient = torch.autograd.grad(before, vectors)[0]
    assert gradient.abs().max() > 0
    with torch.no_grad():
        vectors -= 0.01 * gradient
    assert REGULARIZERS[name](*arguments) < before
