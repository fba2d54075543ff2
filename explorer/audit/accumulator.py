"""The accumulator: takes the levels of one record after another and holds what an Audit needs, in bounded memory.

numpy only. All randomness is of (seed, number of the medium, number of the level), and sums are exact, so it does not
matter in which process, or after how many stops, a medium is counted: accumulators of media that follow each other
`join` to what one of all of them would hold, to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from explorer.audit.counting import JOINT_KEYS, State, mix_bits, part
from explorer.audit.key_sample import KeySample
from explorer.audit.level_accumulator import LevelAccumulator, perplexity
from explorer.foundation.errors import RecordError
from explorer.joints.audit_parts import JointAudit, LevelAudit
from explorer.joints.record import Codebook, Combination, TokenLevel


class Accumulator:
    """Counts records of one tokenizer: `add` each, then ask for `levels()` and `joint()` at any time."""

    def __init__(self, codebooks: Sequence[Codebook], combination: Combination, seed: int) -> None:
        shapes = [(book.codebook_size, book.codebook_dim) for book in codebooks]
        self._seed = seed
        self._sizes = [size for size, _ in shapes]
        names = level_names(len(shapes), combination)
        self._levels = [LevelAccumulator(name, *shape) for name, shape in zip(names, shapes, strict=True)]
        self._joint = KeySample(JOINT_KEYS) if len(shapes) > 1 else None
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

    def add(self, levels: Sequence[TokenLevel], number: int | None = None) -> None:
        """The levels of the next medium. Raises RecordError if they are not those of this tokenizer.

        number: of the medium among all files, those included that could not be read; None where there are none such.
        """
        place = self.media if number is None else number
        sizes = [level.codebook.codebook_size for level in levels]
        if sizes != self._sizes:
            raise RecordError(f"the codebooks have sizes {self._sizes}, this record has {sizes}")
        kind = levels[0].layout.kind
        if self.media and kind != self.layout:
            raise RecordError(f"the media before this one were of layout {self.layout}, this one is {kind}")
        self.layout = kind
        for q, (mine, level) in enumerate(zip(self._levels, levels, strict=True)):
            mine.add(level, self.media, place, np.random.default_rng((self._seed, place, q)))
        if self._joint is not None:
            if len({level.layout.shape for level in levels}) == 1:
                self._joint.add(joint_keys([level.indices.reshape(-1) for level in levels], self._sizes), place)
            else:
                self._joint = None  # scales of different size have no tuples
        self.media += 1

    def join(self, after: Accumulator) -> None:
        """As if the media of `after` had followed. Raises RecordError if their layout is another one."""
        if not after.media:
            return
        if self.media and after.layout != self.layout:
            raise RecordError(f"some media are of layout {self.layout}, others of {after.layout}")
        self.layout = after.layout
        for mine, more in zip(self._levels, after._levels, strict=True):
            mine.join(more, self.media)
        if self._joint is not None and after._joint is not None:
            self._joint.join(after._joint)
        else:
            self._joint = None
        self.media += after.media

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


def level_names(levels: int, combination: Combination) -> list[str]:
    """What the levels are called: stages of a sum, groups of a concatenation, and nothing for a single one."""
    word = "group" if combination == "concatenate" else "level"
    return [""] if levels == 1 else [f"{word} {number}" for number in range(1, levels + 1)]


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


def joint_of(keys: KeySample, sizes: Sequence[int]) -> JointAudit:
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
        sampled=not keys.complete,
    )
