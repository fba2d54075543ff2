"""Assignment and beam search against faiss and vector-quantize-pytorch, with a core to spare and without one.

In one process and one run: one thread, two threads, and two while another process keeps a core busy. Times are those of
the clock on the wall, the least of several rounds in turn. Ratios are ours to theirs: of the least times, and of each
round the median with its quartiles. faiss is asked for the index alone. Its threads sleep while they wait, as ours do,
since on threads that spin it takes longer. Its codes are not exact where latents lie far from zero, and how many differ
is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import faiss
import numpy as np
import torch
from vector_quantize_pytorch import VectorQuantize

from explorer.quantizers.nearest import nearest_code
from explorer.quantizers.rvq import search_beams
from tests.benchmarks.machinery.in_turn import busy_core, cores, ratio_words, rounds_of

SIZES = ((65536, 1024, 16), (65536, 16384, 8), (262144, 1024, 64))  # (N, K, D)
OFFSET = 1000.0  # of the latents of one more row
BEAMS = (
    (8192, 1024, 16, 4, 4),
    (8192, 256, 16, 8, 5),
    (4096, 1024, 64, 8, 5),
    (4096, 1024, 128, 8, 4),
)  # N, K, D, Q, B
ROUNDS, BEAM_ROUNDS = 21, 5  # of those of assignment that take a second a third as many
PART = 4096  # latents that vector-quantize-pytorch is given at a time: it writes all distances
Row = tuple[str, str, str]


def measure() -> list[Row]:
    """Rows of (what, measured, budget)."""
    rows = []
    for threads, busy in ((1, False), (2, False), (2, True)):
        if threads > cores():
            continue
        with _threads(threads), busy_core(busy):
            where = f"{threads} thread{'s' * (threads > 1)}{', a core kept busy' * busy}"
            rows += [_assignment(size, 0.0, where) for size in SIZES]
            rows.append(_assignment(SIZES[0], OFFSET, where))
            rows += [_beam(size, where) for size in BEAMS]
    return rows


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(count)
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        faiss.omp_set_num_threads(before[1])


def _assignment(size: tuple[int, int, int], offset: float, where: str) -> Row:
    count, codes, dim = size
    chance = np.random.default_rng(0)
    z, vectors = ((chance.standard_normal((n, dim)) + offset).astype(np.float32) for n in (count, codes))
    index, found = faiss.IndexFlatL2(dim), {}
    index.add(vectors)
    latents, table = torch.from_numpy(z), torch.from_numpy(vectors)
    layer = VectorQuantize(dim=dim, codebook_size=codes).eval()
    layer._codebook.embed.data.copy_(table[None])

    def theirs() -> None:
        with torch.inference_mode():
            for part in latents[: 4 * PART].split(PART):  # a part of them, since it takes ten times as long
                layer(part[None])

    def ours() -> None:
        found["ours"] = nearest_code(latents, table).numpy()

    def of_faiss() -> None:
        found["faiss"] = index.search(z, 1)[1][:, 0]

    taken = rounds_of({"ours": ours, "faiss": of_faiss}, ROUNDS if z.size * codes < 2**31 else ROUNDS // 3)
    share, other = 4 * PART / count, min(rounds_of({"theirs": theirs}, 2)["theirs"])
    least, of_theirs = min(taken["ours"]), min(taken["faiss"])
    differ = float((found["ours"] != found["faiss"]).mean())
    label = f"assignment, {where}, N, K, D = {count:,}, {codes:,}, {dim:,}" + f", {offset:,.0f} from zero" * bool(
        offset
    )
    text = (
        f"{least * 1e3:.1f} ms, faiss {of_theirs * 1e3:.1f}: {least / of_theirs:.2f}; rounds "
        f"{ratio_words(taken['ours'], taken['faiss'])}; {least * share / other:.3f} of vector-quantize-pytorch; "
        f"{differ:.2%} of codes are others than faiss'"
    )
    return label, text, "at most 1 of faiss"


def _beam(size: tuple[int, int, int, int, int], where: str) -> Row:
    count, codes, dim, levels, beam = size
    chance = np.random.default_rng(1)
    z = chance.standard_normal((count, dim)).astype(np.float32)
    tables = [chance.standard_normal((codes, dim)).astype(np.float32) * np.float32(0.8 * 0.7**q) for q in range(levels)]
    peer = faiss.ResidualQuantizer(dim, levels, int(math.log2(codes)))
    faiss.copy_array_to_vector(np.concatenate(tables).ravel(), peer.codebooks)
    peer.is_trained, peer.max_beam_size, found = True, beam, {}
    peer.compute_codebook_tables()
    latents, given = torch.from_numpy(z), [torch.from_numpy(table) for table in tables]

    def ours() -> None:
        found["ours"] = search_beams(latents, given, beam).numpy()

    def of_faiss(with_table: int) -> None:
        peer.use_beam_LUT = with_table
        found["faiss"] = peer.decode(peer.compute_codes(z))

    methods = {"ours": ours, "faiss": lambda: of_faiss(0), "faiss, its tables of products": lambda: of_faiss(1)}
    taken = rounds_of(methods, BEAM_ROUNDS)
    least, theirs, tabled = map(min, taken.values())
    made = sum(table[found["ours"][:, q]] for q, table in enumerate(tables))
    errors = [float(np.square(z - decoded).sum(1).mean()) for decoded in (made, found["faiss"])]
    label = f"beam of {beam}, {where}, N, K, D, levels = {count:,}, {codes:,}, {dim:,}, {levels}"
    text = (
        f"{least * 1e3:.0f} ms, faiss {theirs * 1e3:.0f}: {least / theirs:.2f}; rounds "
        f"{ratio_words(taken['ours'], taken['faiss'])}; {least / tabled:.2f} of it with its tables of products; "
        f"squared error {errors[0]:.4g}, faiss' {errors[1]:.4g}"
    )
    return label, text, "at most 1 of faiss, error not above"
