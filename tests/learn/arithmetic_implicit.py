"""Rows of codes without a table: FSQ, LFQ and BSQ, against explorer/quantizers/."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import entropy

from explorer.quantizers.lattices.bsq import BinarySphericalQuantizer
from explorer.quantizers.lattices.fsq import FiniteScalarQuantizer
from explorer.quantizers.lattices.lattice import sign_entropies
from explorer.quantizers.lattices.lfq import LookupFreeQuantizer
from tests.learn.arithmetic_row import Row, spread

LEVELS = ((5, 4, 3), (8, 6, 5), (2, 2, 9), (3, 7, 6))
MANY = 25


def levels_of(chance):
    return list(LEVELS[chance.integers(len(LEVELS))])


def lattice(latent, levels):
    fsq = FiniteScalarQuantizer(levels).eval()
    z = torch.tensor([latent])
    out = fsq(z)
    return {
        "bounded": fsq.bound(z)[0].tolist(),
        "digits": fsq.digits_of(out.indices[0, 0]).tolist(),
        "z_e": out.stages[0].z_e[0].tolist(),
        "z_q": out.z_q[0].tolist(),
        "index": int(out.indices[0, 0]),
    }


def half_way(bounded, count):
    """The digit of a place between two levels."""
    fsq = FiniteScalarQuantizer((count,))
    return int(fsq._rounded(torch.tensor([[bounded]]))[0, 0]) + count // 2


def half_way_inputs(chance):
    count = int(chance.integers(2, 9))
    return [float(chance.integers(count - 1)) - count // 2 + 0.5, count]


def index_inputs(chance):
    levels = levels_of(chance)
    rule = FiniteScalarQuantizer(levels).rule
    return [int(chance.integers(rule.codebook_size)), levels, rule.radix().tolist()]


def signs(latent, scale=1.0):
    assert scale == 1.0
    lfq = LookupFreeQuantizer(len(latent)).eval()
    out = lfq(torch.tensor([latent]))
    return {
        "bits": lfq.digits_of(out.indices[0, 0]).tolist(),
        "index": int(out.indices[0, 0]),
        "z_q": out.z_q[0].tolist(),
    }


def with_a_zero(chance):
    latent = spread(chance, 1, 5)[0]
    latent[2] = 0.0
    return [latent]


def entropies(latents, scale, inverse_temperature):
    sure, diverse = sign_entropies(torch.tensor(latents).double(), scale, inverse_temperature, len(latents[0]))
    return {"sure": float(sure), "diverse": float(diverse)}


def counted(indices, size):
    counts = np.bincount(indices, minlength=size)
    return {
        "counts": counts.tolist(),
        "entropy": float(entropy(counts)),
        "perplexity": float(np.exp(entropy(counts))),
    }


def sphere(latent):
    bsq = BinarySphericalQuantizer(len(latent)).eval()
    out = bsq(torch.tensor([latent]))
    u, code = out.stages[0].z_e[0], out.z_q[0]
    return {
        "u": u.tolist(),
        "bits": bsq.digits_of(out.indices[0, 0]).tolist(),
        "index": int(out.indices[0, 0]),
        "z_q": code.tolist(),
        "error": float((u - code).square().sum()),
    }


def corners(bits):
    return BinarySphericalQuantizer(bits).rule.rows(np.arange(2**bits)).astype(float).tolist()


ROWS = (
    Row("FSQ", "lattice.js", "encodeLattice", lambda c: [spread(c, 1, 3)[0], levels_of(c)], lattice, 2e-6, MANY),
    Row("FSQ, half-way", "lattice.js", "digitOf", half_way_inputs, half_way, many=MANY),
    Row(
        "FSQ, digits of an index",
        "lattice.js",
        "digitsOf",
        index_inputs,
        lambda index, levels, _: FiniteScalarQuantizer(levels).rule.digits(index).tolist(),
    ),
    Row(
        "FSQ, radix",
        "lattice.js",
        "radixOf",
        lambda chance: [levels_of(chance)],
        lambda levels: FiniteScalarQuantizer(levels).rule.radix().tolist(),
    ),
    Row("LFQ", "signs.js", "encodeSigns", with_a_zero, signs, many=MANY),
    *(
        Row(
            f"LFQ, entropies at {t}",
            "signs.js",
            "signEntropies",
            lambda chance, t=t: [spread(chance, 40, 4), 0.5, t],
            entropies,
            1e-5,
        )
        for t in (0.2, 2.0, 100.0)
    ),
    Row("perplexity", "signs.js", "countCodes", lambda c: [c.integers(0, 9, size=50).tolist(), 16], counted),
    Row("BSQ", "sphere.js", "encodeSphere", lambda chance: [spread(chance, 1, 3)[0]], sphere, many=MANY),
    Row("BSQ, corners", "sphere.js", "cornersOf", lambda chance: [int(chance.integers(1, 7))], corners),
)
