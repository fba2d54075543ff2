"""Joint search of a sum of codes: a beam, iterated conditional modes (ICM), and local search around what they found.

With c the sum of one code a level, |z - c|^2 = |z|^2 + E, and E = sum_q u_q + sum_{q<r} p_qr falls into a term of each
code, u = |e|^2 - 2 z.e, and one of each pair of codes, p = 2 e.e', which no latent enters: eqs 3 and 4 of Martinez et
al. 2016 (Revisiting additive quantization, ECCV), where each pair is counted from both ends and so has no 2. A step of
ICM, the best code of one level beside those of all others, is then a sum of rows of a table (their section 3.1).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.quantizers.nearest import finite_rows, in_a_graph
from explorer.quantizers.rvq import search_beams

STRIDE = 7919  # a prime, so that shifts are spread over the codes
SWEEPS = 12  # of ICM over all levels, at most
Moves = tuple[tuple[int, ...], ...]  # of each round: by how much the code of each level is shifted, 0 for not at all


def perturbations(rounds: int, levels: int, codebook_size: int) -> Moves:
    """Which codes each round of local search perturbs, a half of the levels in turn, and by how much."""
    moves = []
    for number in range(rounds):
        perturbed = {(number + j) % levels for j in range(max(1, levels // 2))}
        shifts = [1 + STRIDE * (number * levels + q + 1) % max(1, codebook_size - 1) for q in range(levels)]
        moves.append(tuple(shift if q in perturbed else 0 for q, shift in enumerate(shifts)))
    return tuple(moves)


class Energies:
    """u (N, Q, K) and p (Q, K, Q, K) of latents z (N, D) and tables (K, D) each; codes that are not finite cost inf."""

    def __init__(self, z: Tensor, tables: Sequence[Tensor]) -> None:
        exact = torch.float32 if z.device.type == "mps" else torch.float64  # which MPS has not
        self.levels, self.size = len(tables), len(tables[0])
        codes = torch.cat(list(tables)).to(exact)
        finite = finite_rows(codes)  # (QK,)
        codes = torch.where(finite[:, None], codes, 0)
        own = (codes.square().sum(-1) - 2 * z.to(exact) @ codes.T).masked_fill(~finite, torch.inf)
        self.own = own.unflatten(1, (self.levels, self.size))
        self.pairs = (2 * codes @ codes.T).view(self.levels, self.size, self.levels, self.size)

    def beside(self, q: int, indices: Tensor) -> Tensor:
        """What each code of level q costs beside those of the other levels: indices (N, Q) -> (N, K)."""
        cost = self.own[:, q]
        for r in range(self.levels):
            if r != q:
                cost = cost + self.pairs[r, :, q][indices[:, r]]
        return cost

    def of(self, indices: Tensor) -> Tensor:
        """E of the codes chosen: indices (N, Q) -> (N,)."""
        cost = self.own.gather(2, indices[..., None])[..., 0].sum(1)
        for q in range(self.levels):
            for r in range(q):
                cost = cost + self.pairs[q, indices[:, q], r, indices[:, r]]
        return cost

    def settled(self, indices: Tensor) -> Tensor:
        """ICM from indices (N, Q): level by level the best code beside the others, until none changes or SWEEPS."""
        for _ in range(SWEEPS):
            before = indices
            for q in range(self.levels):
                best = self.beside(q, indices).argmin(-1)  # (N,)
                indices = torch.cat([indices[:, :q], best[:, None], indices[:, q + 1 :]], dim=1)
            if indices.device.type == "cpu" and not in_a_graph() and torch.equal(before, indices):
                break  # on a GPU looking would make it wait
        return indices


@torch.no_grad()
def search_jointly(z: Tensor, tables: Sequence[Tensor], beam: int, moves: Moves = ()) -> Tensor:
    """z (N, D), tables (K, D) of each level -> indices (N, Q).

    Latents that are not finite get the first finite codes.
    """
    good = finite_rows(z)[:, None]  # (N, 1)
    z = z.masked_fill(~good, 0)
    energies = Energies(z, tables)
    indices = energies.settled(search_beams(z, tables, beam))
    for move in moves:
        shifted = [row + shift for row, shift in zip(indices.unbind(-1), move, strict=True)]
        other = energies.settled(torch.stack(shifted, -1) % energies.size)
        indices = torch.where((energies.of(other) < energies.of(indices))[:, None], other, indices)
    first = torch.stack([finite_rows(table).to(torch.uint8).argmax() for table in tables])  # (Q,)
    return torch.where(good, indices, first)
