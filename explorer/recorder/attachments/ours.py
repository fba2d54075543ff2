"""Quantizers of `explorer.quantizers`: all of them, since they share one output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from explorer.joints.files.recording import RecordLevel
from explorer.quantizers.base import CodeCounts, Quantizer, QuantizerOutput
from explorer.recorder.attachments.attachment import (
    Attachment,
    Hook,
    Listener,
    Patch,
    Reseed,
    first_tensor,
    names_of_levels,
)

HANDED_BACK = 100_000  # events that were read for the recording and are kept for whoever drains them next


class OwnAttachment(Attachment):
    """Events are read without taking them from whoever drains them, too."""

    reports_reseeds = True

    def __init__(self, module: Quantizer) -> None:
        super().__init__(module)
        books = module.codebooks()
        word = "group" if module.combination == "concatenate" else "level"
        names = names_of_levels(len(books), word)
        self._levels = [
            RecordLevel(name, book.codebook_size, book.codebook_dim, book.metric, book.rule, source=self.place())
            for name, book in zip(names, books, strict=True)
        ]
        counts = [part for part in module.modules() if isinstance(part, CodeCounts)]
        self._forwards_before = int(counts[0].step) if counts else 0
        self._read: list[Any] = []
        self._handed_back: list[Any] = []
        self._drain = module.drain_events

    def levels(self) -> Sequence[RecordLevel]:
        tables = self.module.tables() if any(level.rule is None for level in self._levels) else []
        for number, table in enumerate(tables):
            level = self._levels[number]
            if level.rule is None and tuple(table.shape) != (level.codebook_size, level.codebook_dim):
                self._levels[number] = replace(level, codebook_size=table.shape[0], codebook_dim=table.shape[1])
        return self._levels

    def vectors(self, level: int) -> Tensor | None:
        return None if self._levels[level].rule is not None else self.module.tables()[level]

    def listen(self, to: Listener) -> None:
        def before(*_: Any) -> None:
            to.begin()

        def after(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: QuantizerOutput) -> None:
            for number, stage in enumerate(output.stages):
                to.see(number, stage.indices, lambda z=stage.z_e: z.flatten(0, -2))
            given = first_tensor(args, kwargs)
            if given is not None:
                to.see_sides(given, output.z_q, output.loss_terms, -1, output.loss)

        self._handles += [
            self.module.register_forward_pre_hook(Hook(before)),
            self.module.register_forward_hook(Hook(after), with_kwargs=True),
            Patch(self.module, "drain_events", self._drain_for_others),
        ]

    def _take(self) -> list[Any]:
        events = list(self._drain())
        self._read += events
        return events

    def _drain_for_others(self) -> list[Any]:
        before, self._handed_back = self._handed_back, []
        return before + self._take()

    def drain_reseeds(self) -> Sequence[Reseed]:
        self._handed_back = (self._handed_back + self._take())[-HANDED_BACK:]
        read, self._read = self._read, []
        return [Reseed(e.step - self._forwards_before, e.level, e.code, e.strategy, e.source) for e in read]


def attach(module: nn.Module) -> Attachment | None:
    """Of a Quantizer."""
    return OwnAttachment(module) if isinstance(module, Quantizer) else None
