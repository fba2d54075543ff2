"""Gradient estimators against explicit matrices."""

from __future__ import annotations

import numpy as np
import torch
from numpy.testing import assert_allclose

from explorer.quantizers.gradients import rotation_trick, straight_through

rng = np.random.default_rng(3)
E, Q, G = (rng.normal(size=(20, 5)).astype(np.float32) for _ in range(3))


def test_straight_through_copies_the_gradient():
    e = torch.tensor(E, requires_grad=True)
    z_q = straight_through(e, torch.tensor(Q))
    z_q.backward(torch.tensor(G))
    assert_allclose(z_q.detach(), Q, rtol=1e-6, atol=1e-6)
    assert_allclose(e.grad, G)


def test_rotation_trick_is_the_explicit_matrix():
    e = torch.tensor(E, requires_grad=True)
    z_q = rotation_trick(e, torch.tensor(Q))
    z_q.backward(torch.tensor(G))
    assert_allclose(z_q.detach(), Q, atol=1e-5)
    for row in range(len(E)):
        a, b = (x[row].astype(np.float64) for x in (E, Q))
        a_hat, b_hat = a / np.linalg.norm(a), b / np.linalg.norm(b)
        r = (a_hat + b_hat) / np.linalg.norm(a_hat + b_hat)
        matrix = np.eye(5) - 2 * np.outer(r, r) + 2 * np.outer(b_hat, a_hat)
        assert_allclose(matrix @ matrix.T, np.eye(5), atol=1e-12)  # a rotation
        scale = np.linalg.norm(b) / np.linalg.norm(a)
        assert_allclose(e.grad[row], scale * matrix.T @ G[row], rtol=1e-4, atol=1e-5)


def test_rotation_by_a_right_angle():
    # e = (2, 0), q = (0, 1): a quarter turn to the left and half the length.
    # R^T g turns right: (1, 3) -> (3, -1); halved: (1.5, -0.5).
    e = torch.tensor([[2.0, 0.0]], requires_grad=True)
    rotation_trick(e, torch.tensor([[0.0, 1.0]])).backward(torch.tensor([[1.0, 3.0]]))
    assert_allclose(e.grad, [[1.5, -0.5]], rtol=1e-5, atol=1e-6)


def test_rotation_trick_of_a_zero_and_of_an_opposite_latent():
    e = torch.tensor([[0.0, 0.0], [-1.0, 0.0]], requires_grad=True)
    q = torch.tensor([[3.0, 4.0], [2.0, 0.0]])
    z_q = rotation_trick(e, q)
    z_q.sum().backward()
    assert_allclose(z_q.detach(), q, rtol=1e-5, atol=1e-6)
    assert e.grad.abs().max() < 10
