"""Ear: listens to one quantizer of the model and counts, within the training step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from explorer.joints.files.recording import RecordLevel
from explorer.recorder.attachments.attachment import Attachment, Hook, Latents
from explorer.recorder.counting import SAMPLE, LevelTally
from explorer.recorder.moment import kept_codes
from explorer.recorder.sides import Sides, in_backward

MAX_CODES = 2**22  # of a level that is counted
MASK_BYTES = 2**26  # of expired codes, between two records


@dataclass
class Clock:
    """What all ears of a recorder share. steps: that were finished. look: whether latents and gradients of the step
    that goes on are looked at. quiet: nothing counts, as while the recorder runs the encoder itself. latents: that a
    frame holds."""

    steps: int = 0
    look: bool = True
    quiet: bool = False
    latents: int = SAMPLE


class Ear:
    """tallies: one a level, made with the first forward. failed: by which error it stopped to listen."""

    def __init__(self, attachment: Attachment, place: str, clock: Clock, begin: object) -> None:
        """place: name of the module in the model, "" where it is the only one. begin: called before each forward."""
        self.attachment, self.place, self._clock, self._begin = attachment, place, clock, begin
        self.tallies: dict[int, LevelTally] = {}
        self.sides, self.channels = Sides(), -1
        self._stale = False
        self.failed: Exception | None = None
        self.forwards = 0
        self.step_of: dict[int, int] = {}  # forward -> step, since the record before
        self.masks: list[tuple[int, int, str, Tensor]] = []  # step, level, strategy, (K,)
        self._mask_bytes = 0
        attachment.listen(self)

    def levels(self) -> list[RecordLevel]:
        """As they are now, by the names that they have in the recording; those with too many codes to count left
        out."""
        named = []
        for level in self.attachment.levels():
            name = " of ".join(part for part in (level.name or "codebook", self.place) if part)
            shown = name if self.place else level.name
            named.append(replace(level, name=shown, kept=kept_codes(level)))
        return named

    @property
    def _off(self) -> bool:
        return self.failed is not None or self._clock.quiet or not self.attachment.module.training

    @torch.compiler.disable
    def begin(self) -> None:
        if self._off or in_backward():
            return
        try:
            self._begin()
            self.forwards += 1
            self.step_of[self.forwards] = self._clock.steps + 1
        except Exception as error:  # whatever goes wrong here, training goes on
            self.failed = error

    @torch.compiler.disable
    def see(self, level: int, indices: Tensor, latents: Latents | None) -> None:
        if self._off or in_backward():
            return
        try:
            tally = self.tallies.get(level)
            if tally is None:
                tally = self.tallies[level] = self.make_tally(level, indices.device)
            elif tally.counts.device != indices.device:
                tally.to(indices.device)
            tally.add(indices, self._clock.steps + 1, latents, self._clock.look)
        except Exception as error:
            self.failed = error

    def fit(self, level: int, codes: int, dim: int) -> None:
        """A level has (codes, dim) from now on."""
        if (tally := self.tallies.get(level)) is not None:
            tally.fit(codes, dim)

    def make_tally(self, level: int, device: torch.device) -> LevelTally:
        """Of a level that nothing was counted of yet."""
        one = self.attachment.levels()[level]
        return LevelTally(one.codebook_size, one.codebook_dim, one.rule is None, device, self._clock.latents)

    @torch.compiler.disable
    def see_sides(
        self,
        given: Tensor,
        quantized: Tensor,
        losses: Mapping[str, Tensor],
        channels: int,
        total: Tensor | None = None,
    ) -> None:
        self.channels = channels
        if self._off or not self._clock.look or (in_backward() and self.sides.seen):
            return
        try:
            if self._stale:  # what was looked at before is of another step
                self.sides, self._stale = Sides(), False
            self.sides.look(given, quantized, losses, channels, total)
        except Exception as error:
            self.failed = error

    @torch.compiler.disable
    def see_reseeds(self, level: int, mask: Tensor, strategy: str) -> None:
        if self._off or in_backward():
            return
        if self._mask_bytes + mask.numel() > MASK_BYTES and self.masks:  # of so many only the last step is told
            number = next((i for i in range(len(self.masks)) if self.masks[i][1] == level), None)
            if number is not None:
                self.masks[number] = (self._clock.steps + 1, level, strategy, self.masks[number][3] | mask)
            return
        self.masks.append((self._clock.steps + 1, level, strategy, mask))
        self._mask_bytes += mask.numel()

    def end_step(self, thought: int, step: int) -> None:
        """A step was finished. thought: the number that it had while it went on; step: what it is told to be."""
        self._stale = True
        for tally in self.tallies.values():
            tally.end_step(thought, step)
        if thought != step:
            self.masks = [(step if at == thought else at, *rest) for at, *rest in self.masks]
            self.step_of = {forward: step if at == thought else at for forward, at in self.step_of.items()}

    def step_at(self, forward: int) -> int:
        """The optimizer step that a forward belonged to, the next one known if it is further back than the record
        before."""
        if forward in self.step_of:
            return self.step_of[forward]
        return min(self.step_of.values(), default=self._clock.steps)

    def begin_record(self) -> None:
        """A record was taken: what is told once begins anew."""
        self.sides, self.masks, self._mask_bytes = Sides(), [], 0
        self.step_of = {}

    def leave(self) -> None:
        """Take all hooks off."""
        self.attachment.leave()


class Probe:
    """Latents of a fixed batch: the model is run up to the quantizer, in evaluation, and put back as it was."""

    class _Found(Exception):
        pass

    def __init__(self, model: nn.Module, inputs: object, ear: Ear, clock: Clock) -> None:
        parallel = isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel)
        model = model.module if parallel else model  # its forward would wait for the other processes
        self._model = getattr(model, "_orig_mod", model)  # of a compiled one the module itself
        self._inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        self._ear, self._clock, self._latents = ear, clock, torch.empty(0)
        self._active = False
        self._handle = ear.attachment.module.register_forward_pre_hook(Hook(self._catch), with_kwargs=True)

    @torch.compiler.disable
    def _catch(self, module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        if self._active:
            self._latents = next(one for one in (*args, *kwargs.values()) if isinstance(one, Tensor)).detach().clone()
            raise Probe._Found

    @torch.no_grad()
    def latents(self) -> Tensor:
        """(n, d) of the batch, as the encoder is now."""
        modes = [(module, module.training) for module in self._model.modules()]
        devices = [torch.cuda.current_device()] if torch.cuda.is_available() and torch.cuda.is_initialized() else []
        self._clock.quiet = self._active = True
        try:
            with torch.random.fork_rng(devices):
                self._model.eval()
                self._model(*self._inputs)
        except Probe._Found:
            pass
        finally:
            self._clock.quiet = self._active = False
            for module, training in modes:
                module.training = training
        return self._latents.float().movedim(self._ear.channels, -1).flatten(0, -2)

    def remove(self) -> None:
        self._handle.remove()
