"""One level of a tokenizer, counted over one medium after another; see `accumulator.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.audit.counting import Growth, LatentSample, State, ThinnedRows, part
from explorer.audit.exact_sums import SQUARES, ExactSums
from explorer.audit.exemplar_table import ExemplarTable
from explorer.audit.in_media import InMedia
from explorer.audit.language import LanguageCounter
from explorer.audit.pairs import Pairs
from explorer.foundation.errors import RecordError
from explorer.joints.audit_parts import CODES_DETAILED, LevelAudit
from explorer.joints.measures.error import quantization_error
from explorer.joints.record import TokenLayout, TokenLevel

EIGHTHS = 8
PLACED = ("grid2d", "sequence", "grid3d")  # layouts whose tokens have a place of their own


class LevelAccumulator:
    """One level. Position maps, neighbours and exemplars only up to CODES_DETAILED codes."""

    def __init__(self, name: str, size: int, dim: int) -> None:
        self.name, self._size, self._dim = name, size, dim
        self.not_finite = 0
        self._halves = np.zeros((2, size), np.int64)
        self._squared, self._measured = ExactSums(size), np.zeros(size, np.int64)  # squared distances; of so many
        self._norms = LatentNorms()
        self._growth, self._batches = Growth(size), ThinnedRows(3)
        self._latents, self._in_media = LatentSample(self._dim), InMedia(size)
        detailed = size <= CODES_DETAILED
        self._positions = np.zeros((size, EIGHTHS, EIGHTHS), np.uint32) if detailed else None
        self._pairs = Pairs(size) if detailed else None
        self._exemplars = ExemplarTable(size) if detailed else None
        self._language = LanguageCounter(size, np.uint32)
        self._cells: dict[TokenLayout, np.ndarray] = {}

    @property
    def tokens(self) -> int:
        return self._growth.tokens

    def add(self, level: TokenLevel, medium: int, place: int, random: np.random.Generator) -> None:
        """One medium's tokens on this level: the medium is the `medium`-th that is counted here, and the `place`-th
        of all files; `random` is used for nothing else."""
        if level.codebook.codebook_dim != self._dim:
            raise RecordError(f"codes have {self._dim} dimensions, this record has {level.codebook.codebook_dim}")
        codes = level.indices.reshape(-1).astype(np.int64)  # (N,)
        used, first, counts = np.unique(codes, return_index=True, return_counts=True)
        self._growth.add(len(codes), used, first)
        self._halves[medium % 2, used] += counts
        self._in_media.add(used, counts, place)
        self._batches.add((len(codes), len(used), perplexity(counts)))
        self._add_latents(level, codes, medium, random)
        self._language.add(codes.reshape(level.layout.shape), place, level.layout.kind in PLACED)
        if level.layout.kind in PLACED and self._positions is not None:
            shape = level.layout.shape
            np.add.at(self._positions.reshape(-1), codes * EIGHTHS**2 + self._cell(level.layout), np.uint32(1))
            self._pairs.add(codes.reshape(-1, *((1,) * (2 - len(shape)) + shape)[-2:]), place)

    def _add_latents(self, level: TokenLevel, codes: np.ndarray, medium: int, random: np.random.Generator) -> None:
        """What is kept of latents, of those alone that are finite and whose code is."""
        for_sample, for_exemplars = random.random((2, len(codes)))
        finite = np.isfinite(level.z_e).all(axis=1)
        self.not_finite += int(np.count_nonzero(~finite))
        with np.errstate(invalid="ignore"):
            squared = quantization_error(level).astype(np.float64)  # (N,)
        whole = finite & np.isfinite(squared)
        self._squared.add(codes[whole], squared[whole])
        np.add.at(self._measured, codes[whole], 1)
        if finite.any():
            self._norms.add(level.z_e[finite])
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

    def join(self, after: LevelAccumulator, media: int) -> None:
        """As if the media of `after` had followed the `media` that were counted here."""
        self._halves += after._halves[:: -1 if media % 2 else 1]
        self._measured += after._measured
        self.not_finite += after.not_finite
        if self._positions is not None:
            self._positions += after._positions
        more = after._parts()
        for name, one in self._parts().items():
            if isinstance(one, ExemplarTable):
                one.join(more[name], media)
            else:
                one.join(more[name])

    def result(self, layout: str) -> LevelAudit:
        counts = self._halves.sum(0)
        placed = layout in PLACED and self._positions is not None
        latents, latent_codes = self._latents.sample()
        error = np.full(self._size, np.nan)
        np.divide(self._squared.floats(), self._measured, out=error, where=self._measured > 0)
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
            latent_norm=self._norms.summary(),
            media=self._in_media.media,
            occurs=self._in_media.occurs(),
            stretches=self._in_media.stretches(),
            not_finite=self.not_finite,
            language=self._language.result(),
        )

    def _parts(self) -> dict[str, Any]:
        """What keeps its own state, by the name that it has in the state of all."""
        parts = {"growth": self._growth, "batches": self._batches, "latents": self._latents, "media": self._in_media}
        parts |= {"squared": self._squared, "norms": self._norms, "language": self._language}
        if self._pairs is not None:
            parts |= {"pairs": self._pairs, "exemplars": self._exemplars}
        return parts

    def state(self) -> State:
        found: State = {"halves": self._halves, "measured": self._measured, "strange": np.array(self.not_finite)}
        if self._positions is not None:
            found["positions"] = self._positions
        for name, one in self._parts().items():
            found |= {f"{name}_{key}": array for key, array in one.state().items()}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._halves, self._measured, self.not_finite = state["halves"], state["measured"], int(state["strange"])
        self._positions = state.get("positions")
        for name, one in self._parts().items():
            one.restore(part(state, name))


class LatentNorms:
    """Mean, standard deviation and maximum of |z_e|, each norm rounded to float32 so that its square is exact."""

    def __init__(self) -> None:
        self._sums = ExactSums(2, SQUARES)  # of the norms, and of their squares
        self._count, self._highest = 0, 0.0

    def add(self, z_e: np.ndarray) -> None:
        """z_e (n, D), finite, n of 1 or more."""
        norms = np.linalg.norm(z_e.astype(np.float64), axis=1)
        rounded = np.minimum(norms, np.finfo(np.float32).max).astype(np.float32).astype(np.float64)
        self._sums.add(np.zeros(len(norms), np.int64), rounded)
        self._sums.add(np.ones(len(norms), np.int64), np.square(rounded))
        self._count, self._highest = self._count + len(norms), max(self._highest, float(norms.max()))

    def summary(self) -> tuple[float, float, float] | None:
        """(mean, standard deviation, maximum), None of no latents."""
        if not self._count:
            return None
        mean = self._sums.exact(0) / self._count
        spread = self._sums.exact(1) / self._count - mean**2  # exact: what cancels is known to the last bit
        return float(mean), math.sqrt(max(spread, 0)), self._highest

    def join(self, after: LatentNorms) -> None:
        self._sums.join(after._sums)
        self._count, self._highest = self._count + after._count, max(self._highest, after._highest)

    def state(self) -> State:
        return self._sums.state() | {"now": np.array([self._count, self._highest], np.float64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._sums.restore(state)
        self._count, self._highest = int(state["now"][0]), float(state["now"][1])


def perplexity(counts: np.ndarray) -> float:
    """exp of the entropy of positive counts (u,)."""
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def _eighths(extent: int) -> np.ndarray:
    """The eighth in which the middle of each of `extent` tokens lies: (extent,)."""
    return (2 * np.arange(extent) + 1) * EIGHTHS // (2 * extent)
