"""Media that follow each other and have one size, gathered to be encoded together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BATCH_FILES = 256  # read for one batch at most, those that are skipped included


@dataclass(frozen=True)
class BatchMedium:
    """A medium as the tokenizer takes it, and what was done to it."""

    values: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Media of one size that are encoded together, the notes of each, files that were skipped, and where to go on."""

    names: list[str]
    media: list[np.ndarray]
    notes: list[tuple[str, ...]]
    skipped: list[tuple[str, str]]
    stop: int


def batches(media: Iterator[tuple[str, BatchMedium | str]], most_pixels: int) -> Iterator[Batch]:
    """(name, what was read or why not) -> Batches: equal sizes that follow each other, up to `most_pixels`."""
    names: list[str] = []
    kept: list[BatchMedium] = []
    skipped: list[tuple[str, str]] = []

    def batch() -> Batch:
        arrays, notes = [one.values for one in kept], [one.notes for one in kept]
        return Batch(list(names), arrays, notes, list(skipped), len(names) + len(skipped))

    def clear() -> None:
        for one in (names, kept, skipped):
            one.clear()

    for name, read in media:
        if isinstance(read, str):
            skipped.append((name, read))
        else:
            if kept and read.values.shape != kept[0].values.shape:
                yield batch()
                clear()
            names.append(name)
            kept.append(read)
        one = math.prod(kept[0].values.shape[:-1]) if kept else 0
        room = not kept or (len(kept) + 1) * one <= most_pixels
        if not room or len(names) + len(skipped) >= BATCH_FILES:
            yield batch()
            clear()
    if names or skipped:
        yield batch()
