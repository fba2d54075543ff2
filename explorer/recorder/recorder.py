"""Recorder: writes down the life of a codebook while a model trains. Two lines in your own loop:

    recorder = Recorder("runs/first", every=100)
    recorder.watch(model)

Between records nothing waits for the device. Whatever goes wrong is a warning: a recorder never stops a training.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from explorer.joints.files.recording import Budget
from explorer.recorder.attachments import KNOWN, attach, find
from explorer.recorder.by_hand import HandAttachment
from explorer.recorder.counting import SAMPLE
from explorer.recorder.ear import MAX_CODES, Clock, Ear, Probe
from explorer.recorder.motion import Motion
from explorer.recorder.packet import Packet, cut_losses, numbers_of, take_packet
from explorer.recorder.ranks import Ranks
from explorer.recorder.scribe import Judge, Scribe
from explorer.recorder.sinks import Sink
from explorer.recorder.steps import StepCounter

LOOK_EVERY = 8  # steps between looks at latents, as in the lab
FORWARDS_ALONE = 1000  # without a step, after which something is said


class Recorder:
    """A recording of one training run in `folder`, which is gone on with if it is there.

    every: optimizer steps between records; the first step has one, too. budget: what it may take on disk. sinks: where
    else the numbers go (`sinks.py`). judge: what raises alerts from the recording, beside those of the numbers
    themselves. about: what is to be remembered of the run (plain values); "words" are shown beside it. latents: how
    many a frame holds, which is most of its size.

    A step is an optimizer step: told by `step`, or counted at the optimizer of a model that is watched.
    """

    def __init__(
        self,
        folder: Path | str,
        every: int = 100,
        *,
        budget: Budget | None = None,
        sinks: Sequence[Sink] = (),
        judge: Judge | None = None,
        about: Mapping[str, Any] | None = None,
        latents: int = SAMPLE,
    ) -> None:
        self.every = max(1, int(every))
        self._ranks, self._clock = Ranks(str(folder)), Clock(latents=max(1, int(latents)))
        self._scribe = Scribe(Path(folder), self.every, budget or Budget(), sinks, judge, dict(about or {}))
        self._ears: list[Ear] = []
        self._motion = Motion()
        self._hand: HandAttachment | None = None
        self._counter = StepCounter(self._optimizer_stepped)
        self._told, self._pending, self._alone = False, 0, 0
        self._stride, self._recorded, self._since = 1, -1, 0
        self._losses: Mapping[str, Any] = {}
        self._off = self._closed = self._heard = False
        self._process = os.getpid()
        self._clock.steps = self._scribe.newest_step()
        atexit.register(self.close)

    @property
    def folder(self) -> Path:
        """Where it records: another one than asked for where that was taken."""
        return self._scribe.folder

    @property
    def _writes(self) -> bool:
        return self._ranks.number == 0

    @property
    def steps(self) -> int:
        """Optimizer steps that were finished."""
        return self._clock.steps

    def watch(self, model: nn.Module, probe: Any = None) -> Recorder:
        """Record every quantizer in a model. probe: a fixed batch, as `model` takes it (a tuple: several arguments), by
        whose latents the drift of the encoder is told; the model is run on it up to the quantizer, twice a record."""
        found = find(model)
        if not found:
            self._warn(
                f"no quantizer that is known was found, so nothing is recorded. Known are {KNOWN}; or use log()."
            )
        names = {name: _shorten(name) for name, _, _ in found}
        for name, _, attachment in found:
            self._listen(attachment, names[name] if len(found) > 1 else "")
        self._counter.watch(model)
        if probe is not None and found:
            self._motion.probe = Probe(model, probe, self._ears[-len(found)], self._clock)
        return self

    def attach(self, module: nn.Module, name: str = "") -> Recorder:
        """Record one quantizer. name: what it is called where there are several."""
        attachment = attach(module)
        if attachment is None:
            self._warn(f"{type(module).__name__} is no quantizer that is known. Known are {KNOWN}; or use log().")
        else:
            self._listen(attachment, name)
            self._counter.watch(module)
        return self

    def _listen(self, attachment: Any, place: str) -> None:
        if any(ear.attachment.module is attachment.module for ear in self._ears):
            return  # watched twice; its tokens would be counted twice
        if any(level.codebook_size > MAX_CODES for level in attachment.levels()):
            self._warn(
                f"{place or 'the quantizer'} has more than {MAX_CODES:,} codes and cannot be counted code by code."
            )
            return
        self._ears.append(Ear(attachment, place, self._clock, self._begin_forward))

    def _warn(self, words: str) -> None:
        if self._writes:
            self._scribe.warn(words)

    def step(self, step: int | None = None, losses: Mapping[str, Any] | None = None) -> None:
        """An optimizer step was finished. step: how many there were, this one included; one more than before without.
        losses: terms of its loss by name, tensors or numbers; read at records only."""
        if self._off or self._closed:
            return
        self._told, self._pending = True, 0
        self._safely(self._finish_logged)
        self._losses = {} if losses is None else losses
        self._safely(lambda: self._finish(self._clock.steps + 1 if step is None else int(step)))
        self._losses = {}  # they hold the graph of the step

    def log(
        self,
        step: int,
        indices: Tensor | Sequence[Tensor],
        z_e: Tensor | Sequence[Tensor] | None = None,
        codebook: Tensor | Sequence[Tensor] | None = None,
        losses: Mapping[str, Any] | None = None,
        codebook_size: int | Sequence[int] | None = None,
    ) -> None:
        """A step by hand, for a quantizer that is not known here; each a tensor, or one a level.

        indices: of any shape. z_e (..., d): what was quantized, in the same order. codebook (K, d): the codes as they
        are after the step; without one, codebook_size K is needed. Told of one step again, as of each part of a batch,
        tokens add up, and of a loss of the same name the last counts: the step is over with the first call for
        another one, with flush() or close(); where several processes train, with the call itself.
        """
        if self._off or self._closed:
            return

        def act() -> None:
            if self._hand is None:
                self._hand = HandAttachment(codebook_size)
                self._hand.take(indices, z_e, codebook)
                self._listen(self._hand, "")
            elif self._hand.step != int(step):
                self._finish_logged()
                if self._clock.steps == int(step):
                    self._warn(
                        "log() told more of a step that was over; its tokens are counted with those of the next."
                    )
                    return self._hand.tell(indices, z_e, codebook)
            self._hand.tell(indices, z_e, codebook)
            self._told, self._hand.step = True, int(step)
            due = self._is_due(step) or step <= self._clock.steps
            self._hand.losses |= cut_losses(losses, self._warn)
            if due or self._is_due(step + self._stride):
                self._hand.hold()
            if self._ranks.many > 1:  # in the end nobody could wait for the others
                self._finish_logged()

        self._safely(act)

    def _finish_logged(self) -> None:
        """The step that `log` told of is over."""
        if self._hand is not None and self._hand.step is not None:
            step, self._losses = self._hand.end_step()
            self._finish(step)

    def _safely(self, act: Any) -> None:
        try:
            act()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Stop recording, and say so; other processes learn it with the next record."""
        self._off = self._ranks.many == 1
        for ear in self._ears:
            ear.failed = ear.failed or error
        words = f"Recording stopped at step {self._clock.steps:,} ({type(error).__name__}: {error}); training goes on."
        self._scribe.note(words, self._clock.steps)

    def _optimizer_stepped(self) -> None:
        self._pending += not self._told

    def _begin_forward(self) -> None:
        """Before each forward of a quantizer: a step that the optimizer took since the last one is over."""
        if self._pending:
            self._alone, many = 0, self._pending
            self._pending = 0
            self._finish(self._clock.steps + many)
        elif not self._told:
            self._alone += 1
            if self._alone == FORWARDS_ALONE:
                many = f"{FORWARDS_ALONE:,} forwards"
                self._warn(f"{many} without an optimizer step that was seen; call recorder.step() after each step.")
        self._ranks.announce()

    def _finish(self, step: int) -> None:
        """`step` steps are finished now."""
        clock, went_back, thought = self._clock, step <= self._clock.steps, self._clock.steps + 1
        self._stride = self._stride if went_back else step - clock.steps
        self._since += 1 if went_back else step - clock.steps
        if self._recorded < 0:  # the first of this process: what was before is not its own
            self._since = min(self._since, 1) if self._told else self._since
        clock.steps = step
        for ear in self._ears:
            ear.end_step(thought, step)
        if self._is_due(step) or went_back:
            self._record()
        coming = step + self._stride
        due = self._is_due(coming)
        clock.look = due or coming % LOOK_EVERY < self._stride
        self._motion.look_before(self._ears) if due else self._motion.forget()

    def _is_due(self, step: int) -> bool:
        """Whether a record is made when that step is over, unless one was made meanwhile."""
        return self._recorded < 0 or step // self.every != self._recorded // self.every

    @torch.no_grad()
    def _record(self) -> None:
        heard = [ear for ear in self._ears if ear.tallies and ear.failed is None]
        broken = next((ear.failed for ear in self._ears if ear.failed is not None), None)
        self._heard = self._heard or bool(heard)
        losses = numbers_of(self._losses, self._warn)
        packet = take_packet(heard, losses, self._motion.moved(self._ears)) if heard else Packet()
        snapshots, fine = self._ranks.sum(packet.snapshots, broken is None)
        for ear in heard:
            ear.begin_record()
        step, steps, self._recorded, self._since = self._clock.steps, self._since, self._clock.steps, 0
        if broken is not None and not self._off:
            self._off = True
            self._fail(broken)
        if not snapshots or not fine or not self._writes:
            return
        if self._ranks.words:
            self._scribe.note(self._ranks.words, step)
            self._ranks.words = ""
        ready = packet.leave_device(snapshots)
        self._scribe.submit(lambda: ready.moment(step, steps))

    def flush(self) -> None:
        """Wait until what was recorded is on disk; a step told by `log` is over."""
        if not self._off and not self._closed:
            self._safely(self._finish_logged)
        self._scribe.flush()

    def close(self, why: str = "") -> None:
        """The run ended: a last record, if steps were taken since the one before, and no more hooks. why: a sentence
        for whoever reads the run."""
        if self._closed or os.getpid() != self._process:  # of a fork the thread stayed behind
            return
        self._closed = True
        atexit.unregister(self.close)
        if not self._off and self._ranks.many == 1:  # others may have ended already, and would not answer
            self._safely(self._finish_last)
        self._say_if_nothing()
        for ear in self._ears:
            ear.leave()
        self._motion.end()
        self._counter.remove()
        self._scribe.close(why)

    def _finish_last(self) -> None:
        self._finish_logged()
        if self._pending:
            self._finish(self._clock.steps + self._pending)
        if self._since and self._recorded != self._clock.steps:
            self._motion.forget()
            self._record()

    def _say_if_nothing(self) -> None:
        """Where a training went by and nothing was recorded, say why."""
        if self._heard or self._off:
            return
        if self._recorded >= 0:
            self._warn("nothing was recorded: no quantizer ran in training mode after watch(model), and none was told.")
        elif any(ear.tallies for ear in self._ears) and self._alone < FORWARDS_ALONE:  # else it was said
            self._warn("nothing was recorded: no optimizer step was seen; call recorder.step() after each step.")

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close("" if kind is None else f"The training ended with {kind.__name__}: {error}")


def _shorten(name: str) -> str:
    """Without what wrappers put before it."""
    parts = [part for part in name.split(".") if part not in ("module", "_orig_mod", "_fsdp_wrapped_module")]
    return ".".join(parts)
