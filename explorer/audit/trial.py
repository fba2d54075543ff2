"""What an audit tries on a few media beside counting them: decoding the first ones, and encoding the first one again.

Counts alone cannot tell a decoder that is mute or has another range of values from one that works, nor a model that
changes while it is counted, as one left in training mode does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.audit.counting import State
from explorer.foundation.errors import ExplorerError, plain_words
from explorer.joints.audit_parts import Trial
from explorer.joints.record import TokenLevel
from explorer.joints.tokenizer import Tokenizer

DECODED = 4  # media that are decoded: what is looked for shows in each
END = 1e-3  # of the range from 0 to 1: a value so near to an end lies at it


class TrialCollector:
    """Collects a `Trial` while media are counted. `add` each of them; `again` once after the last one."""

    def __init__(self) -> None:
        self.first: str | None = None  # name of the medium that is encoded again
        self._indices: list[np.ndarray] = []
        self._tried: list[tuple[float, ...] | str] = []  # of each medium its moments, or why it was refused
        self._again: tuple[int, int, int | None] = (0, 0, None)

    def add(self, tokenizer: Tokenizer, name: str, medium: np.ndarray, levels: Sequence[TokenLevel]) -> None:
        """The next medium that was counted, and its levels as they were counted."""
        if self.first is None:
            self.first = name
            self._indices = [level.indices.reshape(-1).copy() for level in levels]
        if len(self._tried) == DECODED or not tokenizer.spec.decodes:
            return
        try:
            decoded = tokenizer.tokenize(medium).reconstruction
            self._tried.append(moments(medium, decoded, ends=tokenizer.spec.modality in ("image", "video")))
        except Exception as error:  # a decoder that fails must not end the count
            self._tried.append(plain_words(error))

    def again(self, tokenizer: Tokenizer, medium: np.ndarray) -> None:
        """Encode the first medium again, and a third time if its tokens are others now."""
        try:
            after = _indices(tokenizer, medium)
            changed, compared = _different(self._indices, after)
            restless = _different(after, _indices(tokenizer, medium))[0] if changed else None
        except ExplorerError:
            return  # what cannot be encoded any more cannot be compared
        self._again = compared, changed, restless

    def join(self, after: TrialCollector) -> None:
        """Take in what was tried on media that follow. Of a model that changed while it was counted it stays known."""
        if self.first is None:
            self.first, self._indices, self._again = after.first, after._indices, after._again
        elif after._again[1] and not self._again[1]:
            self._again = after._again
        self._tried = (self._tried + after._tried)[:DECODED]

    def result(self) -> Trial:
        compared, changed, restless = self._again
        rows = np.array([one for one in self._tried if not isinstance(one, str)], np.float64).reshape(-1, 7)
        refused = [one for one in self._tried if isinstance(one, str)]
        return Trial(rows, compared, changed, restless, next(filter(None, refused), ""), len(refused))

    def state(self) -> State:
        found = {f"indices_{number}": level for number, level in enumerate(self._indices)}
        compared, changed, restless = self._again
        return found | {
            "first": np.array(self.first or ""),
            "rows": self.result().decoded,
            "refused": np.array([one if isinstance(one, str) else "" for one in self._tried], str),
            "decoded": np.array([not isinstance(one, str) for one in self._tried], bool),
            "again": np.array([compared, changed, -1 if restless is None else restless]),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.first = str(state["first"]) or None
        rows = iter(state["rows"].tolist())
        tried = zip(state["decoded"].tolist(), state["refused"].tolist(), strict=True)
        self._tried = [tuple(next(rows)) if decoded else why for decoded, why in tried]
        compared, changed, restless = (int(value) for value in state["again"])
        self._again = compared, changed, None if restless < 0 else restless
        kept = sum(name.startswith("indices_") for name in state)
        self._indices = [state[f"indices_{number}"] for number in range(kept)]


def moments(medium: np.ndarray, decoded: np.ndarray, ends: bool) -> tuple[float, ...]:
    """A row of `Trial.decoded`. ends: whether values have a range with ends, 0 and 1."""
    x, y = np.asarray(medium, np.float64), np.asarray(decoded, np.float64)
    at_end = float(((y <= END) | (y >= 1 - END)).mean()) if ends else np.nan
    mirrored = float(np.square(x - y[..., ::-1]).mean()) if ends and y.shape[-1] == 3 else np.nan
    covariance = float(((x - x.mean()) * (y - y.mean())).mean())
    return float(x.mean()), float(y.mean()), float(x.var()), float(y.var()), covariance, at_end, mirrored


def _indices(tokenizer: Tokenizer, medium: np.ndarray) -> list[np.ndarray]:
    return [level.indices.reshape(-1) for level in tokenizer.encode([medium])[0]]


def _different(before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> tuple[int, int]:
    """(tokens whose code is another one, tokens), all levels together."""
    pairs = list(zip(before, after, strict=True))
    return sum(int((a != b).sum()) for a, b in pairs), sum(len(a) for a, _ in pairs)
