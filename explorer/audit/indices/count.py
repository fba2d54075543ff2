"""What is counted of plain indices: all levels of one dump, block by block, and the audit of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from explorer.audit.accumulator import joint_keys, joint_of
from explorer.audit.counting import JOINT_KEYS, State, part
from explorer.audit.indices.axes import SAMPLED as GUESSED_FROM
from explorer.audit.indices.axes import Axes, guessed_axes, named_axes, plain_axes
from explorer.audit.indices.blocks import Block
from explorer.audit.indices.counter import LevelCounter
from explorer.audit.indices.refusals import Refusals
from explorer.audit.indices.subject import IndexSubject
from explorer.audit.indices.vectors import LatentCounters
from explorer.audit.indices.words import notes_on
from explorer.audit.key_sample import KeySample, ranks_in
from explorer.dumps.arrays import Dump, DumpArray
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of, is_are
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import JointAudit


class IndexCount:
    """All levels of a dump, or of a stretch of it, counted block by block.

    Of stretches that follow each other the counts `join` to those of one of all of them, to the bit. parts, lengths,
    refusals: see PartReader. stopped: why a dump of one file could be read no further, "" where it was.
    """

    def __init__(self, subject: IndexSubject, latents: LatentCounters | None = None) -> None:
        self._subject, self._latents, self._padding = subject, latents, subject.ignored
        named = zip(subject.names, subject.sizes, strict=True)
        self._levels = [LevelCounter(name, size, subject.every, bool(subject.listed)) for name, size in named]
        self._joint = KeySample(JOINT_KEYS) if len(subject.sizes) > 1 and subject.even else None
        self._begun = 0  # tokens of the last medium so far
        self.parts, self.lengths, self.refusals, self.stopped = 0, (), Refusals(), ""

    @property
    def tokens(self) -> int:
        """Counted so far, of all levels together."""
        return sum(level.tokens for level in self._levels)

    @property
    def media(self) -> int:
        """Counted so far; parts of a row where nothing says what a medium is."""
        return self._levels[0].media

    def adopt(self, before: IndexCount) -> None:
        """Go on from where another one of the same subject stands."""
        self._levels, self._joint = before._levels, before._joint
        self.parts, self.lengths, self.refusals, self.stopped = (
            before.parts, before.lengths, before.refusals, before.stopped,
        )  # fmt: skip

    def read(self, parts: int, lengths: Iterable[int], refusals: Refusals) -> None:
        """What else is known of what was counted here: as of a PartReader, all since it began."""
        self.parts, self.lengths, self.refusals = parts, tuple(sorted(lengths))[:2], refusals

    def add(self, block: Block) -> None:
        levels = self._levels if block.level is None else [self._levels[block.level]]
        masks = [self._padding.mask(values) for values in block.values]
        codes = [
            level.add(values, mask, block, number)
            for number, (level, values, mask) in enumerate(zip(levels, block.values, masks, strict=True))
        ]
        if block.lead:
            return
        if self._latents is not None:
            self._latents.add(codes, masks)
        if self._joint is not None:
            begun = 0 if block.opens else self._begun
            ranks = ranks_in(block.numbers, block.lengths, begun)
            self._begun = int(block.lengths[-1]) + (begun if len(block.lengths) == 1 else 0)
            if padded := [mask for mask in masks if mask is not None]:
                whole = np.logical_and.reduce(padded)
                codes, ranks = [of_level[whole] for of_level in codes], ranks[whole]
            self._joint.add_ranked(joint_keys(codes, self._subject.sizes), ranks)

    def join(self, after: IndexCount) -> None:
        """As if what `after` counted had followed. What could be read no further ends there."""
        if self.stopped:
            return
        for mine, more in zip(self._levels, after._levels, strict=True):
            mine.join(more)
        if self._joint is not None:
            self._joint.join(after._joint)
        self.refusals.join(after.refusals)
        self.parts, self.stopped = self.parts + after.parts, after.stopped
        self.lengths = tuple(sorted({*self.lengths, *after.lengths}))[:2]

    def state(self) -> State:
        """At the end of a medium, as arrays. Parts, lengths, refusals and why it stopped are apart."""
        found: State = {}
        for number, level in enumerate(self._levels):
            found |= {f"{number}_{name}": array for name, array in level.state().items()}
        if self._joint is not None:
            found |= {f"joint_{name}": array for name, array in self._joint.state().items()}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        for number, level in enumerate(self._levels):
            level.restore(part(state, str(number)))
        if self._joint is not None:
            self._joint.restore(part(state, "joint"))

    def audit(self, seconds: float, changed: str = "", missing: tuple[str, ...] = ()) -> Audit:
        """changed: that the dump was, while it was read. missing: what was not counted, in words.

        Raises RecordError where nothing was counted.
        """
        subject, left = self._subject, self.refusals
        if self.stopped:
            if not self.tokens or self._latents is not None:
                raise RecordError(self.stopped)
            left.add(subject.title, f"{self.stopped} What was read until then was counted.")
        if not self.tokens:
            if left.count:
                raise RecordError(left.listed[0][1])
            raise RecordError(f"{subject.title!r} holds no indices, only padding ({self._padding.words}).")
        levels = tuple(level.result() for level in self._levels)
        if self._latents is not None:
            levels = self._latents.add_to(levels)
        joint: JointAudit | None = None if self._joint is None else joint_of(self._joint, subject.sizes)
        media = None if subject.axes.media is None and not subject.listed else self.media
        made_with: dict[str, object] = {
            "codebook_size": subject.sizes[0] if len(set(subject.sizes)) == 1 else list(subject.sizes),
            "shape": list(subject.shapes[0]),
            "type": subject.dtype,
            "axes": ",".join(subject.axes.names),
            "reading": subject.reading(media, self.lengths),
        }
        if media is None:
            made_with["part"] = f"{subject.part:,} indices in a row"
        else:
            made_with["media"] = media
        padding = sum(level.padding for level in self._levels)
        repeated = [None if media is None else level.repeated for level in self._levels]
        made_with |= {"padding": padding} if padding else {}
        made_with |= {"equal_to_medium_before": repeated} if None not in repeated else {}
        notes = [*missing, *([changed] if changed else [])]
        if left.count:
            unit = subject.listed or "file"
            made_with |= {"left_out": left.count, "parts": self.parts + left.count, "part_unit": unit}
            notes.append(left.words(self.parts, unit))
        notes += [*subject.notes, *notes_on(levels, subject.axes.question, padding, self._padding.words, repeated)]
        if self._latents is not None and (odd := sum(of.not_finite for of in self._latents.levels)):
            notes.append(
                f"{count_of(odd, 'latent')} {is_are(odd)} not finite (NaN or infinite); norms are of the others."
            )
        made_with |= {"notes": notes} if notes else {}
        skipped, planned = tuple(left.listed), 1 + len(left.listed)
        return Audit(
            subject.title, None, "unknown", (subject.title,), skipped, levels, joint, planned, seconds, "cpu", made_with
        )  # fmt: skip


def axes_of(source: Dump, axes: str | None, most: int, medium: str = "") -> Axes:
    """The reading that was named, or a guess. Raises SettingsError for one that does not fit."""
    if medium == "file" and not source.listed:
        raise SettingsError(f"{source.title!r} is one array: where it is one medium, name axes without b (--axes).")
    first = source.first[0]
    for array in source.first:
        check_size(array, most)
    if axes is not None:
        named = named_axes(first.shape, axes)
        if source.one_by_level and named.levels > 1:
            raise SettingsError("The levels are arrays of their own here, so no axis can be levels (q).")
        return named
    if source.one_by_level:
        return plain_axes(first.shape, media_first=not source.listed)
    return guessed_axes(first.shape, _sample(first), bool(source.listed), medium)


def _sample(array: DumpArray) -> np.ndarray:
    """Whole entries of the first axis that is longer than 1, GUESSED_FROM indices or one entry."""
    short = tuple(n for n in array.shape if n > 1) or (1,)
    row = math.prod(short[1:])
    wanted = min(array.size, max(1, GUESSED_FROM // row) * row)
    return next(array.pieces(wanted, 0, wanted)) if wanted <= 2**26 else np.empty(0)


def check_size(array: DumpArray, most: int) -> None:
    if array.size < 1:
        raise RecordError(f"{array.name!r} holds no indices: its shape is {array.shape}.")
    if array.size > most:
        raise RecordError(f"{array.name!r} holds {array.size:,} indices; at most {most:,} are counted here.")
