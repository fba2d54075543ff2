"""LabTrainer: one run of the lab, step by step. The same settings give the same run, to the bit, on one device."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.linalg import vector_norm

from explorer.foundation.errors import ExplorerError
from explorer.joints.frame import FrameEvent
from explorer.lab.capture.events import reseeds_so_far
from explorer.lab.capture.graphs import engine_for
from explorer.lab.capture.phases import counters_of, python_state
from explorer.lab.capture.stepping import Stepping
from explorer.lab.datasets import build_dataset
from explorer.lab.dynamics import Drift, Movement
from explorer.lab.ledger import Ledger
from explorer.lab.models import build_model, difference
from explorer.lab.quantizing import apply_settings, build_lab_quantizer
from explorer.lab.settings import LabSettings
from explorer.quantizers.base import QuantizerOutput
from explorer.quantizers.chance import built_with, drawing_from
from explorer.quantizers.step.events import ReseedEvent

WINDOW_LATENTS = 8  # a code is dead when it was not chosen among at least this many latents a code ...
WINDOW_STEPS = 20  # ... and at least this many steps
READ_EVERY = 32  # steps whose losses are read together, on a device where each look is a copy


class Diverged(ExplorerError):
    """A loss term was not finite: at which step, and which term."""

    def __init__(self, step: int, term: str) -> None:
        super().__init__(f"At step {step:,} the {term.replace('_', ' ')} loss was not a finite number.")
        self.step, self.term = step, term


@dataclass(frozen=True)
class Row:
    """The numbers of one step: its losses, and the measures of the curves where they were taken."""

    step: int
    losses: dict[str, float]
    measures: dict[str, float]


@dataclass(frozen=True)
class StepNumbers:
    """What a step leaves: names of its losses and of its measures, their numbers as one tensor in that order, and how
    many latents it saw."""

    losses: tuple[str, ...]
    measures: tuple[str, ...]
    numbers: Tensor
    latents: int


class LabTrainer:
    """Data, model, quantizer and optimizer of one run. Not safe between threads.

    stepping: how steps are taken, as graphs where the device has them. read_back: numbers on their way from the device;
    `losses` and `measures` are the newest that have come, and keep_row is given each row as it comes.
    """

    def __init__(self, settings: LabSettings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        data_seed = settings.seed + 2**40  # not that of the weights: the same numbers would be drawn twice
        self.generator = torch.Generator(device).manual_seed(data_seed)
        self.data = build_dataset(settings, device)
        with built_with(settings.seed):
            self.model = build_model(settings, self.data.shape).to(device)
            self.quantizer = build_lab_quantizer(settings).to(device)
        apply_settings(self.quantizer, settings)
        self.optimizer = self._optimizer()
        capturer, reason, self.read_back = engine_for(device, self._holders)
        self.stepping = Stepping(capturer, reason)
        self._clock = torch.zeros((), dtype=torch.int64, device=device) if capturer else None
        self.step_count, self.latents_seen = 0, 0
        self.ledgers = [Ledger.of(table.detach()) for table in self.quantizer.tables()]
        drift = Drift(settings, self.data, self.model, device) if settings.model != "none" else None
        self.movement = Movement(drift, can_follow=not settings.axis_values)
        self.losses: dict[str, float] = {}
        self.measures: dict[str, float] = {}
        self.metrics = tuple(book.metric for book in self.quantizer.codebooks())
        self.keep_row: Callable[[Row], None] | None = None
        self._unread: list[tuple[int, StepNumbers, Tensor]] = []
        self._reseeded: dict[tuple[int, int], int] = {}  # (level, code) -> step of its last reseed

    def _optimizer(self) -> torch.optim.Optimizer | None:
        groups = [
            {"params": list(self.model.parameters()), "lr": self.settings.lr, "setting": "lr"},
            {"params": list(self.quantizer.parameters()), "lr": self.settings.codebook_lr, "setting": "codebook_lr"},
        ]
        groups = [group for group in groups if group["params"]]
        if not groups:
            return None
        kind = self.device.type
        fused = kind in ("cpu", "cuda")  # one kernel for all parameters, where there is one
        optimizer = torch.optim.Adam(groups, fused=fused, capturable=kind == "cuda")
        optimizer._warned_capturable_if_run_uncaptured = True  # the first steps are, and so is what cannot be captured
        return optimizer

    def _holders(self) -> list[object]:
        """What has a generator that steps draw from."""
        return [one for one in (self, self.data) if hasattr(one, "generator")]

    def apply(self, settings: LabSettings) -> None:
        """Let new values act from the next step on; those that need a new run are the owner's business."""
        self.settings = settings
        self.stepping.forget()  # what was set is frozen in a graph
        apply_settings(self.quantizer, settings)
        if hasattr(self.data, "drift"):
            self.data.drift = settings.drift if settings.dataset == "drift" else 0.0
        for group in self.optimizer.param_groups if self.optimizer else []:
            group["lr"] = getattr(settings, group["setting"])

    @property
    def window(self) -> int:
        """Steps after which a code that was not chosen is dead."""
        a_step = self.settings.batch_size * self.settings.latents_an_item
        return max(WINDOW_STEPS, math.ceil(WINDOW_LATENTS * self.quantizer.codebook_size / a_step))

    def step(self, measure: bool = True) -> None:
        """One batch, one optimizer step. measure: also take the numbers of the curves. Raises Diverged, on a GPU some
        steps later."""
        if self._clock is not None:
            self._clock.fill_(self.step_count)
        compute, counters = partial(self._compute, measure), counters_of(self.quantizer)
        taken = self.stepping.take(self._phase(measure), self._state, compute, self._pass_step, counters)
        self.step_count += 1
        self.latents_seen += taken.latents
        direct = self.read_back.direct
        self._unread.append((self.step_count, taken, taken.numbers if direct else taken.numbers.clone()))
        if direct or measure or len(self._unread) >= READ_EVERY:
            self.send_losses()
        self.read_back.poll()

    @property
    def _warms_up(self) -> bool:
        return self.step_count < self.settings.warm_up and self.settings.model != "none"

    def _phase(self, measure: bool) -> Hashable:
        """What the next step takes from its number; None where it is not to be captured."""
        if self.stepping.capturer is None:
            return None
        looks = self.movement.looks(self.step_count + 1)
        if self._warms_up:
            return (measure, looks, "passes by")
        return None if self.quantizer.phase is None else (measure, looks, self.quantizer.phase)

    def _pass_step(self) -> None:
        """A graph took a step: what Python would have counted in it."""
        if not self._warms_up:
            self.quantizer.pass_step()

    def _state(self) -> Hashable:
        """What Python holds of all that a step works on."""
        rates = tuple(group["lr"] for group in self.optimizer.param_groups) if self.optimizer else ()
        objects = (self.settings, self.data, *(one.generator for one in self._holders()), *self.ledgers)
        return (python_state(self.model, self.quantizer), rates, tuple(map(id, objects)))

    def _compute(self, measure: bool) -> StepNumbers:
        """A step on the device. Whatever outlives it is changed in its place, since a graph of it fills the same memory
        again, and no value is looked at."""
        before = self.quantizer.tables()[0].detach().clone() if measure else None
        probe = self.movement.before(self.step_count + 1) if measure else None
        warm = self._warms_up
        with drawing_from(self.generator):
            when = self.step_count if self._clock is None else self._clock
            items = self.data.sample(self.settings.batch_size, self.generator, when)
            z = self.model.encode(items)  # (B, ..., D)
            output = self._pass_by(z) if warm else self.quantizer(z)
            decoded = self.model.decode(output.z_q)
            loss = difference(self.settings.reconstruction, decoded, items)
            losses = {"reconstruction": loss, **output.loss_terms}
            if measure:
                for tensor in (z, output.z_q):
                    if tensor.requires_grad:
                        tensor.retain_grad()
            self._learn(loss + output.loss)
        active = 0 if warm else self.quantizer.active
        for level, (ledger, counts) in enumerate(zip(self.ledgers, counters_of(self.quantizer), strict=True)):
            ledger.count(output.indices[..., level], output.stages[level].z_e, active, counts)
        values = self._measure(z, output, before, (decoded.detach() - items, items), probe) if measure else {}
        numbers = torch.stack([value.detach().float() for value in (*losses.values(), *values.values())])
        return StepNumbers(tuple(losses), tuple(values), numbers, output.indices[..., 0].numel())

    def _learn(self, total: Tensor) -> None:
        """Backward, and a step of the optimizer."""
        if not self.optimizer or not total.requires_grad:
            return
        for group in self.optimizer.param_groups:  # zero_grad would cost ten times as much
            for parameter in group["params"]:
                parameter.grad = None
        total.backward()
        self.optimizer.step()

    @torch.no_grad()
    def _pass_by(self, z: Tensor) -> QuantizerOutput:
        """The latents themselves for the decoder, and the codes that are nearest now; nothing is learnt."""
        self.quantizer.eval()
        output = self.quantizer(z.detach())
        self.quantizer.train()
        return replace(output, z_q=z, loss=torch.zeros((), device=z.device), loss_terms={})

    def _measure(
        self,
        z: Tensor,
        output: QuantizerOutput,
        before: Tensor | None,
        missed: tuple[Tensor, Tensor],
        probe: Tensor | None,
    ) -> dict[str, Tensor]:
        """Numbers of this step for the curves, () each. missed: error, items (B, *shape); probe: latents that are
        followed, as they were before it."""
        flat = z.detach().flatten(0, -2)  # (N, D)
        tables = [table.detach() for table in self.quantizer.tables()]
        now = tables[0]  # (K, D)
        values = {
            "quantization_error": self._quantization_error(output),
            "latent_norm": vector_norm(flat, dim=-1).mean(),  # Tensor.norm takes a detour
            "code_norm": vector_norm(now, dim=-1).mean(),
            "code_speed": vector_norm(now - before, dim=-1).mean(),
            "missed": missed[0].square().mean() / (missed[1] - missed[1].mean(0)).square().mean().clamp_min(1e-12),
        }
        for name, tensor in (("gradient_z_e", z), ("gradient_z_q", output.z_q)):
            if tensor.grad is not None:
                values[name] = vector_norm(tensor.grad.flatten(0, -2), dim=-1).sum()
        for level, ledger in enumerate(self.ledgers):
            values[f"perplexity_{level}"] = ledger.perplexity
            values[f"dead_{level}"] = (ledger.silent >= self.window).float().mean()
        reseeds = reseeds_so_far(self.quantizer)
        values["reseeds"] = torch.stack(reseeds).sum() if reseeds else torch.zeros((), device=flat.device)
        if self.quantizer.waits:
            values["active_0"] = torch.full((), float(self.quantizer.active), device=flat.device)
        return values | self.movement.measure(self.step_count + 1, probe, flat, self._levels(output, tables))

    def _levels(self, output: QuantizerOutput, tables: list[Tensor]) -> list[tuple[Tensor, ...]]:
        """As `Movement.measure` takes them."""
        given = [stage.z_e.flatten(0, -2) for stage in output.stages]
        kept = [(one.won, one.ever & (one.silent < self.window), one.known) for one in self.ledgers]
        return [(z, table, *of_codes) for z, table, of_codes in zip(given, tables, kept, strict=True)]

    def _quantization_error(self, output: QuantizerOutput) -> Tensor:
        """Mean squared distance of latents to their codes, summed over groups; of residual stages the last counts."""
        stages = output.stages[-1:] if self.quantizer.combination == "sum" else output.stages
        return torch.stack([(stage.z_e - stage.z_q).square().sum(-1).mean() for stage in stages]).sum()

    def send_losses(self) -> None:
        """Let the numbers of all steps since the last time be read, without waiting for them."""
        if not self._unread:
            return
        rows, self._unread = self._unread, []
        numbers = rows[0][2] if len(rows) == 1 else torch.cat([numbers for _, _, numbers in rows])
        self.read_back.send([numbers], partial(self._read, [(step, taken) for step, taken, _ in rows]))

    def read_losses(self) -> None:
        """Wait for the numbers of all steps so far. Raises Diverged at the first that is not finite."""
        self.send_losses()
        self.read_back.wait()

    def _read(self, rows: Sequence[tuple[int, StepNumbers]], tensors: list[Tensor]) -> None:
        numbers = iter(tensors[0].tolist())
        for step, taken in rows:
            losses = {name: next(numbers) for name in taken.losses}
            measures = {name: next(numbers) for name in taken.measures}
            bad = next((name for name, value in losses.items() if not math.isfinite(value)), None)
            if bad:
                raise Diverged(step, bad)
            self.losses, self.measures = losses, measures or self.measures
            if self.keep_row:
                self.keep_row(Row(step, losses, measures))

    def drain_events(self) -> tuple[FrameEvent, ...]:
        """Reseeds since the last call; one that was reseeded before has died again."""
        return self.tell(self.quantizer.drain_events())

    def tell(self, reseeds: Sequence[ReseedEvent]) -> tuple[FrameEvent, ...]:
        """Reseeds of the quantizer, in order, as frames hold them."""
        events = []
        for event in reseeds:
            key = (event.level, event.code)
            again = key in self._reseeded
            self._reseeded[key] = event.step
            events.append(FrameEvent(event.step, event.level, event.code, event.strategy, event.source, again))
        return tuple(events)
