"""A run of the lab that is recorded as any training is, so that it can be replayed and diagnosed from its folder."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer.joints.files.recording import RecordingWriter, RecordLevel
from explorer.joints.frame import Frame
from explorer.joints.measures.usage import usage_of_counts
from explorer.lab.presets import preset
from explorer.lab.settings import LabSettings
from explorer.lab.side import LabSide

EVERY = 10  # steps between two records
EXAMPLE, MEND_AT, EXAMPLE_STEPS = "rich_get_richer", 300, 700


class LabRecording:
    """Records a side from now on. Counts are those of every batch; the latents of all frames are of the same inputs."""

    def __init__(self, side: LabSide, folder: Path, every: int = EVERY) -> None:
        self._side, self._every, self._began = side, every, time.monotonic()
        books = side.trainer.quantizer.codebooks()
        frame = side.frame()
        names = [f"level {i + 1}" if len(books) > 1 else "" for i in range(len(books))]
        levels = [
            RecordLevel(name, level.codebook_size, level.vectors.shape[1], level.metric, source="the training lab")
            for name, level in zip(names, frame.levels, strict=True)
        ]
        values = 2 if frame.inputs is None else int(np.prod(frame.inputs.shape[1:]))
        about = {"lab": asdict(side.settings), "paired": True, "input_values": values}
        self._writer = RecordingWriter(folder, levels, every, about=about)
        self._writer.begin_session(1, frame.step)
        self._totals = [np.zeros(level.codebook_size, np.int64) for level in frame.levels]
        self._before = [total.copy() for total in self._totals]
        self._told = side.events.total  # reseeds before it began
        self._write(frame)  # how it began
        self._counting = side.trainer.quantizer.register_forward_hook(self._count)

    def _count(self, quantizer: Any, given: Any, output: Any) -> None:
        if not quantizer.training:
            return
        for total, stage in zip(self._totals, output.stages, strict=True):
            total += np.bincount(stage.indices.flatten().cpu().numpy(), minlength=len(total))

    def look(self, side: LabSide) -> None:
        """After each step: a record, every so many of them."""
        if side.trainer.step_count % self._every == 0:
            self._write(side.frame())

    def _write(self, frame: Frame) -> None:
        measures = dict(frame.measures)
        for number, (total, before) in enumerate(zip(self._totals, self._before, strict=True)):
            since = total - before
            if since.any():
                measures[f"tokens_{number}"] = float(since.sum())
                measures[f"perplexity_all_{number}"] = usage_of_counts(since).perplexity
        self._before = [total.copy() for total in self._totals]
        last = [
            np.where(ledger.ever.cpu().numpy(), frame.step - ledger.silent.cpu().numpy().astype(np.int64), -1)
            for ledger in self._side.trainer.ledgers
        ]
        log = self._side.events  # a frame has only those since the frame before, of which some are not recorded
        events = tuple(event for _, event in log.after(self._told - 1, log.total - self._told))
        self._told = log.total
        shown = replace(frame, measures=measures, events=events)
        self._writer.add(shown, self._totals, last, time.monotonic() - self._began)

    def note(self, words: str) -> None:
        """What happened, for whoever reads the run."""
        self._writer.note(words, self._side.trainer.step_count)

    def end(self) -> None:
        """The run ended."""
        self._counting.remove()
        self._writer.end("", self._side.trainer.step_count)


def record_example(folder: Path, pause_s: float = 0.0) -> None:
    """A short run that collapses and is mended at step MEND_AT, recorded into a folder. pause_s: after each step."""
    one = preset(EXAMPLE)
    side = LabSide(LabSettings().changed(one.changes), torch.device("cpu"))
    recording = LabRecording(side, folder)
    try:
        for step in range(1, EXAMPLE_STEPS + 1):
            side.step()
            recording.look(side)
            if step == MEND_AT:
                side.trainer.apply(side.settings.changed(one.mend.changes))
                recording.note(f"From step {step:,} on dead codes are reseeded: {one.mend.label.lower()}.")
            time.sleep(pause_s)
    finally:
        recording.end()
