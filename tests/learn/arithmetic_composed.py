"""Rows of codes composed of several: residual, additive, product and multi-head, against explorer/quantizers/."""

from __future__ import annotations

import numpy as np
import torch

from explorer.quantizers.composed.additive import AdditiveQuantizer
from explorer.quantizers.composed.opq import RotatedProductQuantizer, procrustes
from explorer.quantizers.composed.search import perturbations
from explorer.quantizers.multihead import MultiHeadQuantizer
from explorer.quantizers.pq import ProductQuantizer
from explorer.quantizers.rvq import ResidualQuantizer
from tests.learn.arithmetic_row import Row, spread

K, DIM, LEVELS = 7, 3, 4
FLOAT32 = 5e-6  # sums of several float32
MANY = 25


def latent_and_tables(chance, dim=DIM, levels=LEVELS, size=K):
    """A latent, and codes of each level that shrink as those of residual levels do."""
    tables = [(np.array(spread(chance, size, dim)) * 0.75**level).astype(np.float32) for level in range(levels)]
    return [spread(chance, 1, dim)[0], [table.astype(float).tolist() for table in tables]]


def filled(quantizer, tables):
    """In evaluation, with these codes."""
    for level, table in zip(quantizer.levels, tables, strict=True):
        level.vectors.copy_(torch.tensor(table))
    return quantizer.eval()


def residual(latent, tables, beam=1):
    rvq = ResidualQuantizer(len(latent), len(tables[0]), len(tables), beam=beam)
    return filled(rvq, tables)(torch.tensor([latent]))


def greedy(latent, tables):
    out = residual(latent, tables)
    left = [torch.tensor([latent]) - out.z_q]
    return {
        "indices": out.indices[0].tolist(),
        "residuals": [rest[0].tolist() for rest in [stage.z_e for stage in out.stages] + left],
    }


def beam_search(latent, tables, beam):
    return residual(latent, tables, beam).indices[0].tolist()


def sum_inputs(chance):
    latent, tables = latent_and_tables(chance)
    return [greedy(latent, tables)["indices"], tables]


def sum_of_codes(indices, tables):
    rvq = filled(ResidualQuantizer(DIM, K, LEVELS), tables)
    return rvq.lookup(torch.tensor([indices]))[0].tolist()


def joint_search(latent, tables, beam, rounds):
    additive = AdditiveQuantizer(len(latent), len(tables[0]), len(tables), additive_beam=beam, local_rounds=rounds)
    return filled(additive, tables)(torch.tensor([latent])).indices[0].tolist()


def brute_force(latent, tables):
    first, second, third = (np.array(table) for table in tables)
    sums = (first[:, None, None] + second[:, None] + third).reshape(-1, len(latent))
    best = ((np.array(latent) - sums) ** 2).sum(-1).argmin()
    return [int(digit) for digit in np.unravel_index(best, (K, K, K))]


def product_inputs(chance):
    _, tables = latent_and_tables(chance, dim=2, levels=2)
    return [spread(chance, 1, 4)[0], tables]


def product(latent, tables):
    return filled(ProductQuantizer(4, K, 2), tables)(torch.tensor([latent]))


def rotated(tables, rotation):
    opq = filled(RotatedProductQuantizer(2, K, 2), tables)
    opq.rotation.copy_(torch.tensor(rotation))
    return opq


def rotation_inputs(chance):
    angle = float(chance.uniform(-1.5, 1.5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    _, tables = latent_and_tables(chance, dim=1, levels=2)
    return [tables, turn.astype(np.float32).astype(float).tolist()]


def plane_inputs(chance):
    return [spread(chance, 1, 2)[0], *rotation_inputs(chance)]


def encode_rotated(latent, tables, rotation):
    return rotated(tables, rotation)(torch.tensor([latent])).indices[0].tolist()


def turn_inputs(chance):
    return [spread(chance, 80, 2), *rotation_inputs(chance)]


def decode_rotated(indices, tables, rotation):
    return rotated(tables, rotation).lookup(torch.tensor([indices]))[0].tolist()


def code_inputs(chance):
    return [chance.integers(0, K, size=2).tolist(), *rotation_inputs(chance)]


def fit_once(latents, tables, rotation):
    opq = rotated(tables, rotation)
    opq.fit(torch.tensor(latents), 1)
    return {"tables": [table.tolist() for table in opq.tables()], "rotation": opq.rotation.tolist()}


def head_inputs(compose):
    def inputs(chance):
        count, width = 3, 2
        views = [spread(chance, width, 4) for _ in range(count)]
        tables = latent_and_tables(chance, dim=width, levels=count)[1]
        indices = chance.integers(0, K, size=count).tolist()
        return [indices, tables, spread(chance, 4, width * (count if compose == "concatenate" else 1)), compose, views]

    return inputs


def encode_inputs(chance):
    _, tables, _, _, views = head_inputs("concatenate")(chance)
    return [spread(chance, 1, 4)[0], views, tables]


def heads_of(tables, compose, views=None, output=None):
    heads = filled(MultiHeadQuantizer(4, K, len(tables), head_dim=2, compose=compose), tables)
    for view, rows in zip(heads.views, views or [], strict=bool(views)):
        view.weight.data = torch.tensor(rows)
    if output is not None:
        heads.output.weight.data = torch.tensor(output)
    return heads


def encode_heads(latent, views, tables):
    return heads_of(tables, "concatenate", views)(torch.tensor([latent])).indices[0].tolist()


def combine_heads(indices, tables, output, compose):
    return heads_of(tables, compose, None, output).lookup(torch.tensor([indices]))[0].tolist()


ROWS = (
    Row("RVQ, greedy", "residual.js", "encodeGreedily", latent_and_tables, greedy, FLOAT32, MANY),
    *(
        Row(
            f"RVQ, beam of {beam}",
            "residual.js",
            "searchBeams",
            lambda c, b=beam: [*latent_and_tables(c), b],
            beam_search,
            many=MANY,
        )
        for beam in (1, 3, 9)
    ),
    Row("RVQ, decode", "residual.js", "sumCodes", sum_inputs, sum_of_codes, FLOAT32, MANY),
    *(
        Row(
            f"additive, beam of {beam} and {rounds} rounds",
            "additive.js",
            "searchJointly",
            lambda chance, beam=beam, rounds=rounds: [*latent_and_tables(chance), beam, rounds],
            joint_search,
            many=MANY,
        )
        for beam, rounds in ((1, 0), (1, 4), (4, 2))
    ),
    Row(
        "additive, all sums",
        "additive.js",
        "searchAll",
        lambda c: latent_and_tables(c, levels=3),
        brute_force,
        many=MANY,
    ),
    Row(
        "LSQ, perturbations",
        "additive.js",
        "perturbations",
        lambda chance: [int(number) for number in chance.integers(1, 9, size=3)],
        lambda rounds, levels, size: [list(move) for move in perturbations(rounds, levels, size)],
    ),
    Row("PQ", "product.js", "encodeProduct", product_inputs, lambda z, t: product(z, t).indices[0].tolist(), many=MANY),
    Row("OPQ, decode", "product.js", "decodeProduct", code_inputs, decode_rotated, FLOAT32, MANY),
    Row("OPQ, codes", "product.js", "encodeProduct", plane_inputs, encode_rotated, many=MANY),
    Row("OPQ, a turn", "product.js", "fitTurn", turn_inputs, fit_once, 2e-5),
    Row(
        "OPQ, Procrustes",
        "product.js",
        "procrustes",
        lambda chance: [spread(chance, 2, 2)],
        lambda product: procrustes(torch.tensor(product)).tolist(),
        FLOAT32,
        MANY,
    ),
    Row("heads, codes", "multihead.js", "encodeHeads", encode_inputs, encode_heads, many=MANY),
    *(
        Row(
            f"heads, {compose}",
            "multihead.js",
            "combineHeads",
            lambda chance, compose=compose: head_inputs(compose)(chance)[:4],
            combine_heads,
            2e-5,
        )
        for compose in ("concatenate", "sum")
    ),
)
