"""Small records of every combination and rule, as files of tokens keep them."""

from __future__ import annotations

import numpy as np

from explorer.joints.record import Codebook, LatticeRule, TokenLayout, TokenLevel, TokenRecord

SHAPE = (3, 4)
N, K, D = 12, 7, 2


def explicit_level(seed: int, metric: str = "euclidean", dtype=np.int64, counts: bool = False) -> TokenLevel:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(K, D)).astype(np.float32)
    indices = rng.integers(0, K, SHAPE).astype(dtype)
    book = Codebook(K, D, metric, vectors, counts=rng.random(K) if counts else None)
    z_e = rng.normal(size=(N, D)).astype(np.float32)
    return TokenLevel(indices, z_e, book.rows(indices.reshape(-1)), book, TokenLayout("grid2d", SHAPE, (24, 32)))


def implicit_level(seed: int) -> TokenLevel:
    rng = np.random.default_rng(seed)
    third = float(np.float32(1 / 3))
    rule = LatticeRule("fsq", ((-1.0, -third, third, 1.0), (-0.7, 0.1, 0.7)), False)
    book = Codebook(12, 2, "implicit", rule=rule)
    indices = rng.integers(0, 12, SHAPE)
    z_e = rng.normal(size=(N, D)).astype(np.float32)
    return TokenLevel(indices, z_e, book.rows(indices.reshape(-1)), book, TokenLayout("grid2d", SHAPE, (24, 32)))


def make_record(*levels: TokenLevel, **changes) -> TokenRecord:
    media = np.zeros((24, 32, 3), np.float32)
    combination = "single" if len(levels) == 1 else "sum"
    return TokenRecord(media, "fake", levels, media, {"encode": 0.1}, **{"combination": combination} | changes)


RECORDS = {
    "single": make_record(explicit_level(0), notes=('Cropped. "Ünïcode",\nand a line',)),
    "residual": make_record(*(explicit_level(seed) for seed in range(3))),
    "product": make_record(explicit_level(1, "cosine"), explicit_level(2, "dot"), combination="concatenate"),
    "small integers and counts": make_record(explicit_level(3, dtype=np.uint8, counts=True)),
    "lattice": make_record(implicit_level(4)),
    "mixed": make_record(implicit_level(5), explicit_level(6)),
}
