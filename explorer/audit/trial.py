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
        self._rows: list[tuple[float, ...]] = []
        self._refused, self._refusals = "", 0
        self._again: tuple[int, int, int | None] = (0, 0, None)

    def add(self, tokenizer: Tokenizer, name: str, medium: np.ndarray, levels: Sequence[TokenLevel]) -> None:
        """The next medium that was counted, and its levels as they were counted."""
        if self.first is None:
            self.first = name
            self._indices = [level.indices.reshape(-1).copy() for level in levels]
        if len(self._rows) + self._refusals == DECODED or not tokenizer.spec.decodes:
            return
        try:
            decoded = tokenizer.tokenize(medium).reconstruction
            self._rows.append(moments(medium, decoded, ends=tokenizer.spec.modality in ("image", "video")))
        except Exception as error:  # a decoder that fails must not end the count
            self._refused, self._refusals = self._refused or plain_words(error), self._refusals + 1

    def again(self, tokenizer: Tokenizer, medium: np.ndarray) -> None:
        """Encode the first medium again, and a third time if its tokens are others now."""
        try:
            after = _indices(tokenizer, medium)
            changed, compared = _different(self._indices, after)
            restless = _different(after, _indices(tokenizer, medium))[0] if changed else None
        except ExplorerError:
            return  # what cannot be encoded any more cannot be compared
        self._again = compared, changed, restless

    def result(self) -> Trial:
        compared, changed, restless = self._again
        rows = np.array(self._rows, np.float64).reshape(-1, 7)
        return Trial(rows, compared, changed, restless, self._refused, self._refusals)

    def state(self) -> State:
        found = {f"indices_{number}": level for number, level in enumerate(self._indices)}
        return found | {
            "first": np.array(self.first or ""),
            "rows": self.result().decoded,
            "refused": np.array(self._refused),
            "refusals": np.array(self._refusals),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.first = str(state["first"]) or None
        self._rows = [tuple(row) for row in state["rows"].tolist()]
        self._refused = str(state["refused"])
        self._refusals = int(state.get("refusals", bool(self._refused)))
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
