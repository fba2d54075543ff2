"""Recordings for tests: small runs with codes, counts and events that were drawn, written as a recorder writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.joints.files.recording import Budget, RecordingWriter, RecordLevel
from explorer.joints.frame import DEAD, LIVE, UNSEEN, Frame, FrameEvent, FrameLevel

TOKENS = 64  # latents of a batch


class MadeRun:
    """A run whose codes move at random; `step` it and `write` a record of it. alive: codes that can be chosen."""

    def __init__(
        self, levels: Sequence[RecordLevel], alive: int | None = None, seed: int = 0, window: int = 40
    ) -> None:
        self.levels, self.alive, self.window = tuple(levels), alive, window
        self.chance = np.random.default_rng(seed)
        sizes = [level.codebook_size for level in levels]
        self.vectors = [
            level.rule.rows(np.arange(level.codebook_size))
            if level.rule
            else self.chance.normal(size=(level.codebook_size, level.codebook_dim)).astype(np.float32)
            for level in levels
        ]
        self.totals = [np.zeros(size, np.int64) for size in sizes]
        self.last = [np.full(size, -1, np.int64) for size in sizes]
        self.numbers = [
            None if level.kept is None else np.sort(self.chance.choice(level.codebook_size, level.kept, False))
            for level in levels
        ]
        self.steps, self.events, self.reseeded = 0, [], set()
        self.chosen: list[np.ndarray] = []

    def step(self, many: int = 1) -> None:
        """Steps in which codes are chosen at random."""
        for _ in range(many):
            self.steps += 1
            self.chosen = []
            for i, level in enumerate(self.levels):
                chosen = self.chance.integers(0, min(self.alive or level.codebook_size, level.codebook_size), TOKENS)
                self.chosen.append(chosen)
                np.add.at(self.totals[i], chosen, 1)
                self.last[i][chosen] = self.steps
                if level.rule is None:
                    self.vectors[i] = self.vectors[i] + np.float32(0.01) * self.chance.normal(
                        size=self.vectors[i].shape
                    ).astype(np.float32)

    def reseed(self, level: int, code: int, strategy: str = "expired") -> None:
        """Give a code a new vector, and note it."""
        self.vectors[level] = self.vectors[level].copy()
        self.vectors[level][code] = self.chance.normal(size=self.levels[level].codebook_dim)
        again = (level, code) in self.reseeded
        self.reseeded.add((level, code))
        self.events.append(FrameEvent(self.steps, level, code, strategy, -1, again))

    def frame(self) -> Frame:
        """The Frame of this moment."""
        shown = [self._level(i) for i in range(len(self.levels))]
        many = min(len(level.z_e) for level in shown)
        cut = tuple(FrameLevel(**{**vars(one), "z_e": one.z_e[:many], "indices": one.indices[:many]}) for one in shown)
        dead = {f"dead_{i}": float((self._state(i) == DEAD).mean()) for i in range(len(self.levels))}
        events, self.events = tuple(self.events), []
        losses = {"reconstruction": 1.0 / self.steps, "commitment": 0.25}
        return Frame(self.steps, self.steps * TOKENS, TOKENS, cut, losses, dead, events=events)

    def _state(self, i: int) -> np.ndarray:
        silent = np.where(self.last[i] < 0, self.steps, self.steps - self.last[i])
        state = np.where(silent >= self.window, DEAD, LIVE).astype(np.uint8)
        return np.where((self.last[i] < 0) & (silent < self.window), UNSEEN, state).astype(np.uint8)

    def _level(self, i: int) -> FrameLevel:
        level, numbers = self.levels[i], self.numbers[i]
        vectors, indices, size = self.vectors[i], self.chosen[i], level.codebook_size
        z = (vectors[indices] + 0.1 * self.chance.normal(size=(len(indices), level.codebook_dim))).astype(np.float32)
        if numbers is not None:
            here = np.isin(indices, numbers)
            z, indices = z[here], np.searchsorted(numbers, indices[here])
            vectors, size = vectors[numbers], len(numbers)
        return FrameLevel(
            z_e=z,
            indices=indices.astype(np.int32),
            vectors=vectors,
            counts=np.zeros(size, np.float32),
            silent=np.zeros(size, np.int32),
            state=np.zeros(size, np.uint8),
            metric=level.metric,
            window=self.window,
            won=None if level.rule else vectors + np.float32(0.05),
            numbers=None if numbers is None else numbers.astype(np.int32),
            whole=0 if numbers is None else level.codebook_size,
        )

    def write(self, writer: RecordingWriter) -> Frame:
        """A record of this moment; the Frame that was given."""
        frame = self.frame()
        writer.add(frame, self.totals, self.last, seconds=self.steps * 0.5)
        return frame


def make_recording(
    folder: Path,
    levels: Sequence[RecordLevel] = (RecordLevel("", 32, 4),),
    records: int = 6,
    every: int = 10,
    alive: int | None = None,
    budget: Budget | None = None,
    end: bool = True,
    seed: int = 0,
) -> MadeRun:
    """A whole recording on disk: `records` records, `every` steps each; code 1 of level 1 is reseeded twice."""
    run = MadeRun(levels, alive, seed)
    writer = RecordingWriter(folder, levels, every, budget, {"made": True})
    writer.begin_session(1, 0)
    for number in range(records):
        run.step(every)
        if number in (1, 3):
            run.reseed(0, 1)
        run.write(writer)
    if end:
        writer.end("", run.steps)
    else:
        writer.close()
    return run
