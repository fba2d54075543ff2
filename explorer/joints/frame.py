"""Frame: one instant of a training run, and the second joint between torch and the browser (see `joints/record.py`).

Letters of the shapes: n latents shown (a sample of the batch), D dimensions, d dimensions of one level, K codes,
m pictures shown. All arrays are numpy; a Frame checks that they fit together when it is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.foundation.errors import RecordError
from explorer.joints.record import Metric

LIVE, DEAD, UNSEEN = 0, 1, 2  # of a code; see FrameLevel.state


@dataclass(frozen=True)
class FrameEvent:
    """A code got a new vector: at which step, on which level, which code, by which strategy, from which source.

    `source` is the row of the latent it was put on, or for "split" the code that was split. died_again: the code had
    been reseeded before, and has died since.
    """

    step: int
    level: int
    code: int
    strategy: str
    source: int
    died_again: bool = False


@dataclass(frozen=True)
class FrameLevel:
    """One level (residual stage or group) of the quantizer at one instant.

    z_e (n, d) float32: what the level was given. indices (n,) int32: what it chose. vectors (K, d) float32: its codes.
    counts (K,) float32: tokens that each code gets a step, an EMA of the steps so far alone (no start value in it), or
    the mean since the frame before. silent (K,) int32: steps since a code was last chosen. state (K,) uint8: LIVE;
    DEAD, not chosen for `window` steps; UNSEEN, never chosen in fewer steps than that.
    window: steps in which at least 8 K latents are counted, and at least 20. gradient (n, d) float32: of the
    reconstruction loss of one latent at z_e, as the estimator passes it, or None if it was not asked for. won (K, d)
    float32: the mean of the latents that a code won when it was last chosen, NaN where it never was, or not since it
    was put somewhere else; None where that is not known, or codes follow from a rule.

    numbers (K,) int32, ascending: which codes of a codebook of `whole` these are, where a recorded run kept only a
    sample of them; then indices are rows of `vectors`, and the latents shown are those that chose one of the sample.
    """

    z_e: np.ndarray
    indices: np.ndarray
    vectors: np.ndarray
    counts: np.ndarray
    silent: np.ndarray
    state: np.ndarray
    metric: Metric
    window: int
    gradient: np.ndarray | None = None
    won: np.ndarray | None = None
    numbers: np.ndarray | None = None
    whole: int = 0

    def __post_init__(self) -> None:
        n, d = _shape("z_e", self.z_e, 2)
        codes, dim = _shape("vectors", self.vectors, 2)
        if dim != d:
            raise RecordError(f"codes have {dim} dimensions and latents {d}")
        _expect("indices", self.indices, (n,))
        for name in ("counts", "silent", "state"):
            _expect(name, getattr(self, name), (codes,))
        if self.gradient is not None:
            _expect("gradient", self.gradient, (n, d))
        if self.won is not None:
            _expect("won", self.won, (codes, dim))
        if self.numbers is not None:
            _expect("numbers", self.numbers, (codes,))
            if codes and not 0 <= int(self.numbers.min()) <= int(self.numbers.max()) < self.whole:
                raise RecordError(f"codes {self.numbers.min()} to {self.numbers.max()} are not all of {self.whole}")
        if n and (int(self.indices.min()) < 0 or int(self.indices.max()) >= codes):
            raise RecordError(
                f"indices reach from {self.indices.min()} to {self.indices.max()}, outside 0..{codes - 1}"
            )
        if codes and int(self.state.max()) > UNSEEN:
            raise RecordError(f"states of codes are {LIVE}, {DEAD} or {UNSEEN}, got {int(self.state.max())}")

    @property
    def codebook_size(self) -> int:
        return len(self.vectors)

    @property
    def sampled(self) -> bool:
        """Whether these are only some of the codes."""
        return self.numbers is not None

    @property
    def dead(self) -> int:
        """Codes that are dead."""
        return int((self.state == DEAD).sum())

    @property
    def unseen(self) -> int:
        """Codes never chosen, in too few steps to call them dead."""
        return int((self.state == UNSEEN).sum())

    @property
    def nbytes(self) -> int:
        arrays = (self.z_e, self.indices, self.vectors, self.counts, self.silent, self.state, self.gradient, self.won)
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True)
class Frame:
    """One instant: `step` optimizer steps were taken, `latents_seen` latents quantized a level since the start.

    losses: weighted terms of the newest training batch ("reconstruction", "commitment", ...), in the order in which
    they are summed. measures: numbers of that batch (`lab.measures.describe` names them and their units).
    inputs, outputs: what went in and came out for the latents shown: points (n, 2) float32, or pictures (m, H, W)
    or (m, H, W, 3) uint8; both None if there is nothing to compare. events: since the frame before. A level that was
    not asked yet, as one that is dropped out in training, shows no latents.
    """

    step: int
    latents_seen: int
    batch_size: int
    levels: tuple[FrameLevel, ...]
    losses: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    inputs: np.ndarray | None = None
    outputs: np.ndarray | None = None
    events: tuple[FrameEvent, ...] = ()

    def __post_init__(self) -> None:
        if self.step < 0 or self.latents_seen < 0 or self.batch_size < 1:
            raise RecordError(f"step {self.step}, {self.latents_seen} latents, batches of {self.batch_size}")
        if not self.levels:
            raise RecordError("a frame needs at least one level")
        n = max(len(level.z_e) for level in self.levels)
        if any(len(level.z_e) not in (0, n) for level in self.levels):
            shown = [len(level.z_e) for level in self.levels]
            raise RecordError(f"levels show {shown} latents; all must show as many, or none")
        if (self.inputs is None) != (self.outputs is None):
            raise RecordError("a frame has both inputs and outputs or neither")
        if self.inputs is not None and self.outputs is not None:
            _expect("outputs", self.outputs, self.inputs.shape)
            if self.inputs.ndim == 2:
                _expect("inputs", self.inputs, (n, 2))

    def active(self, level: int) -> int:
        """Codes of a level that are at work; the others wait, and are not dead."""
        size = self.levels[level].codebook_size
        return min(size, int(self.measures.get(f"active_{level}", size)))

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        pictures = sum(array.nbytes for array in (self.inputs, self.outputs) if array is not None)
        return pictures + sum(level.nbytes for level in self.levels)


def _shape(name: str, array: np.ndarray, ndim: int) -> tuple[int, ...]:
    if array.ndim != ndim:
        raise RecordError(f"{name} must have {ndim} axes, got shape {array.shape}")
    return array.shape


def _expect(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise RecordError(f"{name} must have shape {shape}, got {array.shape}")
