"""One frame of a recording as a file: .npz that `numpy.load` opens without pickle. `layout.py` says what is in it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from explorer.foundation.damage import open_arrays
from explorer.foundation.errors import RecordError
from explorer.foundation.plain_json import parse_json
from explorer.joints.files.recording.layout import RecordLevel, level_from_json, level_to_json
from explorer.joints.frame import DEAD, LIVE, UNSEEN, Frame, FrameEvent, FrameLevel
from explorer.joints.record import LatticeRule

HALF_LARGEST = 60_000.0  # float16 ends at 65,504
KINDS = {"z": "f", "vectors": "f", "lag": "f", "counts": "f", "indices": "iu", "numbers": "iu"}
CODES = 2**24  # of a level that are read: four times as many as the recorder counts
FRAME_BYTES = 2**31  # of the arrays of a frame, and of the codes that its rule makes


def frame_bytes(
    record: int,
    frame: Frame,
    levels: Sequence[RecordLevel],
    totals: Sequence[np.ndarray],
    last: Sequence[np.ndarray],
    reseeds: Sequence[np.ndarray] | None = None,
    counts_as_told: bool = False,
) -> bytes:
    """A frame with totals, last and reseeds, (K,) each a level, of all codes whichever are kept. Of a frame silent and
    counts are not looked at, since they follow from these; counts_as_told: nobody counted, and those of the frame
    stand."""
    arrays: dict[str, np.ndarray] = {}
    entries = []
    for i, (shown, level) in enumerate(zip(frame.levels, levels, strict=True)):
        entry = {**level_to_json(level), "window": shown.window}
        arrays[f"l{i}_total"] = _narrow(totals[i])
        arrays[f"l{i}_last"] = np.asarray(last[i], np.int32 if frame.step < 2**31 else np.int64)
        if reseeds is not None:
            arrays[f"l{i}_reseeds"] = _narrow(reseeds[i])
        if counts_as_told:
            arrays[f"l{i}_counts"] = np.asarray(shown.counts, np.float32)
        arrays[f"l{i}_z"] = np.asarray(shown.z_e, np.float32)
        numbers = None if shown.numbers is None else np.asarray(shown.numbers, np.int32)
        arrays[f"l{i}_indices"] = np.asarray(shown.indices if numbers is None else numbers[shown.indices], np.int32)
        if numbers is not None:
            arrays[f"l{i}_numbers"] = numbers
        if level.rule is None:
            arrays[f"l{i}_vectors"] = np.asarray(shown.vectors, np.float32)
        if shown.won is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                away = np.asarray(shown.won, np.float32) - np.asarray(shown.vectors, np.float32)
            away[~np.isfinite(away)] = np.nan
            finite = np.abs(away[np.isfinite(away)])
            scale = HALF_LARGEST / float(finite.max()) if finite.size and float(finite.max()) > 0 else 1.0
            entry["lag_scale"] = scale
            with np.errstate(invalid="ignore", over="ignore"):
                arrays[f"l{i}_lag"] = (away * np.float32(scale)).astype(np.float16)
        entries.append(entry)
    meta = {
        "record": record,
        "step": frame.step,
        "seen": frame.latents_seen,
        "batch": frame.batch_size,
        "losses": dict(frame.losses),
        "measures": dict(frame.measures),
        "levels": entries,
    }
    buffer = io.BytesIO()
    np.savez(buffer, meta=np.array(json.dumps(meta)), **arrays)
    return buffer.getvalue()


def _narrow(total: np.ndarray) -> np.ndarray:
    largest = int(total.max()) if total.size else 0
    return np.asarray(total, np.min_scalar_type(largest))


class FrameFile:
    """The arrays of a frame file. Raises RecordError for half a file, or what is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file, open_arrays(file, path.name, "it is no whole .npz", FRAME_BYTES) as held:
                self._arrays = dict(held)
            self.meta: dict[str, Any] = parse_json(str(self._arrays["meta"]), path.name)
            self.levels = tuple(level_from_json(entry) for entry in self.meta["levels"])
            self._check()
        except FileNotFoundError:
            raise
        except Exception as error:  # what a damaged zip raises, zipfile does not say
            raise RecordError(f"{path.name} is damaged and left out: {error}") from error

    def _check(self) -> None:
        """Raises for arrays that do not fit what is said of their level, before anything is made of them."""
        for name in ("step", "seen", "batch"):
            if not 0 <= int(self.meta[name]) < 2**63:
                raise ValueError(f"its {name} is {self.meta[name]!r}")
        for i, level in enumerate(self.levels):
            size, dim = level.codebook_size, level.codebook_dim
            if size > CODES or (level.rule is not None and 8 * size * dim > FRAME_BYTES):
                raise ValueError(f"level {i + 1} has {size:,} codes of {dim:,} dimensions, which is too many")
            for name in ("total", "last", "reseeds"):
                one = self._arrays.get(f"l{i}_{name}")
                if one is None and name == "reseeds":
                    continue
                if one is None or one.dtype.kind not in "iu" or one.shape != (size,):
                    raise ValueError(f"level {i + 1} has no {name} of {size:,} codes")
            for name, kinds in KINDS.items():
                one = self._arrays.get(f"l{i}_{name}")
                if one is not None and one.dtype.kind not in kinds:
                    raise ValueError(f"{name} of level {i + 1} holds {one.dtype}")

    def total(self, level: int) -> np.ndarray:
        """(K,) int64: tokens of each code since the start."""
        return self._array(level, "total").astype(np.int64)

    def last(self, level: int) -> np.ndarray:
        """(K,) int64: the step at which each code was last chosen, -1 never."""
        return self._array(level, "last").astype(np.int64)

    def reseeds(self, level: int) -> np.ndarray | None:
        """(K,) int64: how often each code was reseeded since the start; None where that was not kept."""
        name = f"l{level}_reseeds"
        return self._arrays[name].astype(np.int64) if name in self._arrays else None

    def _array(self, level: int, name: str) -> np.ndarray:
        try:
            return self._arrays[f"l{level}_{name}"]
        except KeyError:
            raise RecordError(f"{self.path.name} has no {name} of level {level + 1}") from None

    def frame(self, before: FrameFile | None, events: tuple[FrameEvent, ...]) -> Frame:
        """The Frame. before: the file of the frame before, whose totals tell the tokens since."""
        shown = tuple(self._level(i, before) for i in range(len(self.levels)))
        meta = self.meta
        numbers = {
            name: {key: float("nan") if value is None else float(value) for key, value in meta[name].items()}
            for name in ("losses", "measures")
        }
        return Frame(
            step=int(meta["step"]),
            latents_seen=int(meta["seen"]),
            batch_size=max(1, int(meta["batch"])),
            levels=shown,
            events=events,
            **numbers,
        )

    def _level(self, i: int, before: FrameFile | None) -> FrameLevel:
        level, entry = self.levels[i], self.meta["levels"][i]
        total, last, indices = self.total(i), self.last(i), self._array(i, "indices")
        step, window, counts = int(self.meta["step"]), int(entry["window"]), self.since(i, before)
        numbers = self._arrays.get(f"l{i}_numbers")
        silent = np.where(last < 0, step, step - last).clip(0, 2**31 - 1).astype(np.int32)
        state = np.full(len(total), LIVE, np.uint8)
        state[silent >= window] = DEAD
        state[(last < 0) & (silent < window)] = UNSEEN
        vectors = _rows_of(level.rule) if level.rule is not None else self._array(i, "vectors")
        won = None
        if f"l{i}_lag" in self._arrays:
            lag = self._arrays[f"l{i}_lag"].astype(np.float32)
            won = vectors + lag / np.float32(entry.get("lag_scale", 1.0))
        if numbers is not None:
            counts, silent, state = counts[numbers], silent[numbers], state[numbers]
            if level.rule is not None:
                vectors = level.rule.rows(numbers)
            indices = np.searchsorted(numbers, indices).astype(np.int32)
        counts = self._arrays.get(f"l{i}_counts", counts)
        return FrameLevel(
            z_e=self._array(i, "z"),
            indices=indices,
            vectors=vectors,
            counts=counts.astype(np.float32),
            silent=silent,
            state=state,
            metric=level.metric,
            window=window,
            won=won,
            numbers=numbers,
            whole=level.codebook_size if numbers is not None else 0,
        )

    def since(self, level: int, before: FrameFile | None) -> np.ndarray:
        """(K,) float64: tokens of each code a step since the frame before, or since the start."""
        total, step = self.total(level), int(self.meta["step"])
        if before is not None and level < len(before.levels):
            earlier = before.total(level)[: len(total)]
            total[: len(earlier)] -= earlier
            step -= int(before.meta["step"])
        return np.maximum(total, 0) / max(1, step)


@lru_cache(maxsize=4)
def _rows_of(rule: LatticeRule) -> np.ndarray:
    rows = rule.rows(np.arange(rule.codebook_size))
    rows.setflags(write=False)  # all frames share them
    return rows
