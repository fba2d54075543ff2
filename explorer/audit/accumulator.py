"""The accumulator: takes the levels of one record after another and holds what an Audit needs, in bounded memory.

numpy only. All randomness is of (seed, number of the medium, number of the level), so it does not matter in which
process, or after how many stops, a medium is counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from explorer.audit.counting import (
    JOINT_KEYS,
    Growth,
    KeyCounts,
    LatentSample,
    Pairs,
    State,
    ThinnedRows,
    mix_bits,
    part,
)
from explorer.audit.exemplar_table import ExemplarTable
from explorer.audit.in_media import InMedia
from explorer.foundation.errors import RecordError
from explorer.joints.audit_parts import CODES_DETAILED, JointAudit, LevelAudit
from explorer.joints.measures.error import quantization_error
from explorer.joints.record import Codebook, Combination, TokenLayout, TokenLevel

EIGHTHS = 8
PLACED = ("grid2d", "sequence", "grid3d")  # layouts whose tokens have a place of their own


class Accumulator:
    """Counts records of one tokenizer: `add` each, then ask for `levels()` and `joint()` at any time."""

    def __init__(self, codebooks: Sequence[Codebook], combination: Combination, seed: int) -> None:
        self._seed = seed
        names = level_names(len(codebooks), combination)
        self._levels = [LevelAccumulator(name, book) for name, book in zip(names, codebooks, strict=True)]
        self._sizes = [book.codebook_size for book in codebooks]
        self._joint = KeyCounts(JOINT_KEYS, prune=False) if len(codebooks) > 1 else None
        self.media = 0
        self.layout = "unknown"

    @property
    def tokens(self) -> int:
        """Positions counted on the first level."""
        return self._levels[0].tokens

    @property
    def not_finite(self) -> tuple[tuple[str, int, int], ...]:
        """(name of a level, tokens whose latent holds NaN or infinity, tokens), of each level that has some."""
        return tuple((lv.name, lv.not_finite, lv.tokens) for lv in self._levels if lv.not_finite)

    def add(self, levels: Sequence[TokenLevel]) -> None:
        """The levels of the next medium. Raises RecordError if they are not those of this tokenizer."""
        sizes = [level.codebook.codebook_size for level in levels]
        if sizes != self._sizes:
            raise RecordError(f"the codebooks have sizes {self._sizes}, this record has {sizes}")
        kind = levels[0].layout.kind
        if self.media and kind != self.layout:
            raise RecordError(f"the media before this one were of layout {self.layout}, this one is {kind}")
        self.layout = kind
        for number, (mine, level) in enumerate(zip(self._levels, levels, strict=True)):
            mine.add(level, self.media, np.random.default_rng((self._seed, self.media, number)))
        if self._joint is not None:
            if len({level.layout.shape for level in levels}) == 1:
                self._joint.add(joint_keys([level.indices.reshape(-1) for level in levels], self._sizes))
            else:
                self._joint = None  # scales of different size have no tuples
        self.media += 1

    def levels(self) -> tuple[LevelAudit, ...]:
        return tuple(level.result(self.layout) for level in self._levels)

    def joint(self) -> JointAudit | None:
        return None if self._joint is None else joint_of(self._joint, self._sizes)

    def state(self) -> State:
        """All that is needed to go on, as arrays."""
        found: State = {"now": np.array([self.media, self._joint is not None]), "layout": np.array(self.layout)}
        for number, level in enumerate(self._levels):
            found |= {f"{number}_{name}": array for name, array in level.state().items()}
        if self._joint is not None:
            found |= {f"joint_{name}": array for name, array in self._joint.state().items()}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.media, self.layout = int(state["now"][0]), str(state["layout"])
        for number, level in enumerate(self._levels):
            level.restore(part(state, str(number)))
        if not state["now"][1]:
            self._joint = None
        if self._joint is not None:
            self._joint.restore(part(state, "joint"))


class LevelAccumulator:
    """One level. Position maps, neighbours and exemplars only up to CODES_DETAILED codes."""

    def __init__(self, name: str, codebook: Codebook) -> None:
        size = codebook.codebook_size
        self.name, self._size, self._dim = name, size, codebook.codebook_dim
        self.not_finite = 0
        self._halves = np.zeros((2, size), np.int64)
        self._squared, self._measured = (
            np.zeros(size),
            np.zeros(size, np.int64),
        )  # sums of squared distances; of so many
        self._norms = np.zeros(4)  # tokens, mean, sum of squared deviations, maximum
        self._growth, self._batches = Growth(), ThinnedRows(3)
        self._latents, self._in_media = LatentSample(self._dim), InMedia(size)
        detailed = size <= CODES_DETAILED
        self._positions = np.zeros((size, EIGHTHS, EIGHTHS), np.uint32) if detailed else None
        self._pairs = Pairs(size) if detailed else None
        self._exemplars = ExemplarTable(size) if detailed else None
        self._cells: dict[TokenLayout, np.ndarray] = {}

    @property
    def tokens(self) -> int:
        return self._growth.tokens

    def add(self, level: TokenLevel, medium: int, random: np.random.Generator) -> None:
        """One medium's tokens on this level; `random` is used for nothing else."""
        if level.codebook.codebook_dim != self._dim:
            raise RecordError(f"codes have {self._dim} dimensions, this record has {level.codebook.codebook_dim}")
        codes = level.indices.reshape(-1).astype(np.int64)  # (N,)
        used, first, counts = np.unique(codes, return_index=True, return_counts=True)
        unseen = self._halves[:, used].sum(0) == 0
        self._growth.add(len(codes), np.sort(first[unseen]))
        self._halves[medium % 2, used] += counts
        self._in_media.add(used, counts)
        self._batches.add((len(codes), len(used), perplexity(counts)))
        self._add_latents(level, codes, medium, random)
        if level.layout.kind in PLACED and self._positions is not None:
            shape = level.layout.shape
            np.add.at(self._positions.reshape(-1), codes * EIGHTHS**2 + self._cell(level.layout), np.uint32(1))
            self._pairs.add(codes.reshape(-1, *((1,) * (2 - len(shape)) + shape)[-2:]))

    def _add_latents(self, level: TokenLevel, codes: np.ndarray, medium: int, random: np.random.Generator) -> None:
        """What is kept of latents, of those alone that are finite and whose code is."""
        for_sample, for_exemplars = random.random((2, len(codes)))
        finite = np.isfinite(level.z_e).all(axis=1)
        self.not_finite += int(np.count_nonzero(~finite))
        with np.errstate(invalid="ignore"):
            squared = quantization_error(level).astype(np.float64)  # (N,)
        whole = finite & np.isfinite(squared)
        np.add.at(self._squared, codes[whole], squared[whole])
        np.add.at(self._measured, codes[whole], 1)
        if finite.any():
            self._add_norms(level.z_e[finite])
            self._latents.add(for_sample[finite], level.z_e[finite], codes[finite])
        if self._exemplars is not None and whole.any():
            away = np.sqrt(np.where(whole, squared, np.inf)).astype(np.float32)  # at infinity: no exemplar
            self._exemplars.offer(medium, codes, away, for_exemplars)

    def _cell(self, layout: TokenLayout) -> np.ndarray:
        """For each token the eighth of the medium in which its middle lies, row-major: (N,). A sequence is one row."""
        if layout not in self._cells:
            rows, columns = ((1,) * (2 - len(layout.shape)) + layout.shape)[-2:]
            down = np.zeros(1, np.int64) if layout.kind == "sequence" else _eighths(rows)
            cell = (down[:, None] * EIGHTHS + _eighths(columns)).reshape(-1)
            if len(self._cells) >= 64:  # media of ever new sizes must not fill the memory
                self._cells.clear()
            self._cells[layout] = np.tile(cell, layout.num_tokens // len(cell))
        return self._cells[layout]

    def _add_norms(self, z_e: np.ndarray) -> None:
        """Mean and spread of |z_e| merged by parts (Chan, Golub, LeVeque 1979), which does not cancel."""
        norms = np.linalg.norm(z_e.astype(np.float64), axis=1)
        n, mean, spread, highest = self._norms
        new, new_mean = len(norms), norms.mean()
        gap, total = new_mean - mean, n + new
        spread += np.square(norms - new_mean).sum() + gap**2 * n * new / total
        self._norms[:] = total, mean + gap * new / total, spread, max(highest, norms.max())

    def result(self, layout: str) -> LevelAudit:
        counts = self._halves.sum(0)
        placed = layout in PLACED and self._positions is not None
        n, mean, spread, highest = self._norms
        latents, latent_codes = self._latents.sample()
        error = np.full(self._size, np.nan)
        np.divide(self._squared, self._measured, out=error, where=self._measured > 0)
        return LevelAudit(
            name=self.name,
            codebook_size=self._size,
            counts=counts,
            halves=self._halves.copy(),
            growth=self._growth.rows(),
            batches=self._batches.rows(),
            positions=self._positions[:, : 1 if layout == "sequence" else EIGHTHS].copy() if placed else None,
            neighbours=self._pairs.commonest() if placed else None,
            exemplars=self._exemplars.exemplars() if self._exemplars is not None else None,
            error=error,
            latents=latents,
            latent_codes=latent_codes,
            latent_norm=(float(mean), math.sqrt(spread / n), float(highest)) if n else None,
            media=self._in_media.media,
            occurs=self._in_media.occurs(),
            stretches=self._in_media.stretches(),
            not_finite=self.not_finite,
        )

    def _parts(self) -> dict[str, Growth | ThinnedRows | LatentSample | InMedia | Pairs | ExemplarTable]:
        parts = {"growth": self._growth, "batches": self._batches, "latents": self._latents, "media": self._in_media}
        if self._pairs is not None:
            parts |= {"pairs": self._pairs, "exemplars": self._exemplars}
        return parts

    def state(self) -> State:
        found: State = {"halves": self._halves, "squared": self._squared, "norms": self._norms}
        found |= {"measured": self._measured, "strange": np.array(self.not_finite)}
        if self._positions is not None:
            found["positions"] = self._positions
        for name, one in self._parts().items():
            found |= {f"{name}_{key}": array for key, array in one.state().items()}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._halves, self._squared, self._norms = state["halves"], state["squared"], state["norms"]
        self._measured, self.not_finite = state["measured"], int(state["strange"])
        self._positions = state.get("positions")
        for name, one in self._parts().items():
            one.restore(part(state, name))


def level_names(levels: int, combination: Combination) -> list[str]:
    """What the levels are called: stages of a sum, groups of a concatenation, and nothing for a single one."""
    word = "group" if combination == "concatenate" else "level"
    return [""] if levels == 1 else [f"{word} {number}" for number in range(1, levels + 1)]


def perplexity(counts: np.ndarray) -> float:
    """exp of the entropy of positive counts (u,)."""
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def joint_keys(indices: Sequence[np.ndarray], sizes: Sequence[int]) -> np.ndarray:
    """One int64 a position for the tuple of its indices, (N,) on each level.

    The tuple's mixed-radix number where all tuples fit into 63 bits; else a hash of 64 bits, of which two of 2 million
    tuples share one with a chance below one in a million.
    """
    exact = math.prod(sizes) < 2**63
    keys = np.zeros(len(indices[0]), np.int64)
    for level, size in zip(indices, sizes, strict=True):
        own = level.astype(np.int64)
        keys = keys * size + own if exact else mix_bits(keys ^ mix_bits(own + 1).view(np.int64)).view(np.int64)
    return keys


def joint_of(keys: KeyCounts, sizes: Sequence[int]) -> JointAudit:
    """The joint count of tuples."""
    counts = keys.items()[1]
    tokens = int(counts.sum())
    entropy = math.log2(perplexity(counts)) if tokens else 0.0
    return JointAudit(
        tokens=tokens,
        distinct=len(counts),
        perplexity=2.0**entropy if tokens else 0.0,
        entropy_bits=entropy,
        ceiling=float(min(math.prod(sizes), tokens)),
        complete=keys.complete,
    )


def _eighths(extent: int) -> np.ndarray:
    """The eighth in which the middle of each of `extent` tokens lies: (extent,)."""
    return (2 * np.arange(extent) + 1) * EIGHTHS // (2 * extent)
