"""Rows of the arithmetic of gradients, against autograd through the estimators, Gumbel-softmax VQ and soft VQ."""

from __future__ import annotations

import math

import numpy as np
import torch

from explorer.quantizers import chance as draws
from explorer.quantizers.gradients import estimator
from explorer.quantizers.gumbel import GumbelQuantizer
from explorer.quantizers.learned.soft import SoftQuantizer
from tests.learn.arithmetic_row import Row, spread

FLOAT32 = 2e-5  # autograd here goes through squared distances and a softmax in float32
K, TAU, SHARPNESS = 5, 0.5, 2.0


def pair_and_gradient(chance):
    latent, code, gradient = spread(chance, 3, 3)
    return [latent, code, gradient]


def reaching(name):
    """What autograd brings to z_e of a gradient at z_q, through one of the estimators."""

    def answer(latent, code, gradient):
        z = torch.tensor([latent], dtype=torch.float32, requires_grad=True)
        z_q = estimator(name)(z, torch.tensor([code]))
        z_q.backward(torch.tensor([gradient]))
        assert z_q.detach().tolist()[0] == code
        return z.grad[0].tolist()

    return answer


def unlike_any_estimator(latent, code, gradient):
    """The nearest code as it is, without an estimator: nothing that depends on z_e reaches the output."""
    z = torch.tensor(latent, requires_grad=True)
    z_q = torch.tensor([code, [-9.0, -9.0, -9.0]])[torch.cdist(z[None], torch.tensor([code])).argmin(-1)]
    assert not z_q.requires_grad
    return [0.0] * len(gradient)


def angle(a, b):
    a, b = np.array(a), np.array(b)
    return math.degrees(math.acos(a @ b / np.sqrt((a @ a) * (b @ b))))


def gumbel_inputs(chance):
    latent, gradient = 0.7 * np.array(spread(chance, 2, 2), dtype=np.float32)
    codes = 0.7 * np.array(spread(chance, K, 2), dtype=np.float32)
    generator = torch.Generator().manual_seed(7)
    with draws.drawing_from(generator):
        noise = draws.gumbel_like(torch.zeros(1, K))[0].tolist()
    values = (latent, codes, np.array(noise), TAU, SHARPNESS)
    return [one.tolist() if isinstance(one, np.ndarray) else one for one in values], gradient.tolist()


def gumbel(latent, codes):
    """A training step of the quantizer on one latent, with the noise of `gumbel_inputs`: z and its z_q."""
    quantizer = GumbelQuantizer(2, K, TAU, hard=False, kl_weight=0.0, beta=0.0, sharpness=SHARPNESS)
    quantizer.vectors.data = torch.tensor(codes, dtype=torch.float32)
    z = torch.tensor([latent], dtype=torch.float32, requires_grad=True)
    with draws.drawing_from(torch.Generator().manual_seed(7)):
        return z, quantizer.train()(z).z_q


def gumbel_mixture(latent, codes, *_):
    return gumbel(latent, codes)[1][0].tolist()


def gumbel_gradient(latent, codes, _noise, _tau, _sharpness, gradient):
    z, z_q = gumbel(latent, codes)
    z_q.backward(torch.tensor([gradient]))
    return z.grad[0].tolist()


def soft_quantizer(codes, tau=0.4):
    quantizer = SoftQuantizer(2, len(codes), soft_temperature=tau, beta=0.0)
    quantizer.vectors.data = torch.tensor(codes, dtype=torch.float32)
    return quantizer.train()


def soft_inputs(chance):
    return [spread(chance, 1, 2)[0], spread(chance, K, 2), 0.4]


def soft_weights(latent, codes, tau):
    quantizer = soft_quantizer(codes, tau)
    return quantizer.mixture_weights(torch.tensor([latent]), quantizer.vectors)[0].tolist()


def soft_gradient(latent, codes, tau, gradient):
    z = torch.tensor([latent], requires_grad=True)
    soft_quantizer(codes, tau)(z).z_q.backward(torch.tensor([gradient]))
    return z.grad[0].tolist()


def tau_of_step(start, end, steps, step):
    quantizer = SoftQuantizer(2, K, start, end, steps)
    quantizer.counts.set_extra_state(torch.tensor(step))
    return quantizer.tau.item()


ROWS = (
    Row("straight-through", "gradients.js", "straightThrough", pair_and_gradient, reaching("ste")),
    Row("rotation trick", "gradients.js", "rotationTrick", pair_and_gradient, reaching("rotation")),
    Row("no estimator", "gradients.js", "noGradient", pair_and_gradient, unlike_any_estimator),
    Row("angle", "gradients.js", "angleBetween", lambda chance: spread(chance, 2, 3), angle),
    Row("Gumbel-softmax, z_q", "soft.js", "gumbelMixture", lambda chance: gumbel_inputs(chance)[0], gumbel_mixture),
    Row(
        "Gumbel-softmax, gradient",
        "soft.js",
        "gumbelGradient",
        lambda chance: [*gumbel_inputs(chance)[0], gumbel_inputs(chance)[1]],
        gumbel_gradient,
        FLOAT32,
    ),
    Row("soft VQ, weights", "soft.js", "softWeights", soft_inputs, soft_weights),
    Row(
        "soft VQ, gradient",
        "soft.js",
        "softGradient",
        lambda chance: [*soft_inputs(chance), spread(chance, 1, 2)[0]],
        soft_gradient,
        FLOAT32,
    ),
    Row("annealing", "soft.js", "annealedTau", lambda chance: [1.0, 0.01, 100, int(chance.integers(150))], tau_of_step),
)
