"""LabTrainer: one run of the lab, step by step. The same settings give the same run, to the bit, on one device."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.linalg import vector_norm

from explorer.foundation.errors import ExplorerError
from explorer.joints.frame import FrameEvent
from explorer.lab.datasets import build_dataset
from explorer.lab.dynamics import Drift, Movement
from explorer.lab.models import build_model, difference
from explorer.lab.quantizing import apply_settings, build_lab_quantizer
from explorer.lab.settings import LabSettings
from explorer.quantizers.base import QuantizerOutput
from explorer.quantizers.chance import built_with, drawing_from

WINDOW_LATENTS = 8  # a code is dead when it was not chosen among at least this many latents a code ...
WINDOW_STEPS = 20  # ... and at least this many steps
READ_EVERY = 32  # steps between looks at the losses on a device where a look costs a wait


class Diverged(ExplorerError):
    """A loss term was not finite: at which step, and which term."""

    def __init__(self, step: int, term: str) -> None:
        super().__init__(f"At step {step:,} the {term.replace('_', ' ')} loss was not a finite number.")
        self.step, self.term = step, term


@dataclass
class Ledger:
    """Of one level: silent (K,) steps since each code was last chosen, ever (K,) whether it was; won (K, d) the mean of
    the latents that it won when it last was, 0 before; perplexity of the newest step; as tensors on the device."""

    silent: Tensor
    ever: Tensor
    won: Tensor
    perplexity: Tensor

    @classmethod
    def of(cls, table: Tensor) -> Ledger:
        """Before the first step of a level whose codes are (K, d)."""
        codes, device = len(table), table.device
        return cls(
            torch.zeros(codes, dtype=torch.int32, device=device),
            torch.zeros(codes, dtype=torch.bool, device=device),
            torch.zeros(table.shape, device=device),
            torch.ones((), device=device),
        )

    def count(self, indices: Tensor, z: Tensor, active: int) -> None:
        """indices (...) of one step, z (..., d) what the level was given. active: codes at work, the first so many;
        the others are not used, nor silent for it."""
        chosen = indices.flatten()
        ones = torch.ones_like(chosen, dtype=torch.float32)
        n = torch.zeros(len(self.silent), device=chosen.device).index_add_(0, chosen, ones)  # (K,), whole numbers
        p = n / len(chosen)
        self.perplexity = torch.exp(-torch.xlogy(p, p).sum())
        if not active:
            return
        used = n > 0
        self.silent[:active].add_(1)
        self.silent.masked_fill_(used, 0)
        self.ever |= used
        sums = torch.zeros_like(self.won).index_add_(0, chosen, z.flatten(0, -2))  # (K, d)
        torch.where(used[:, None], sums / n.clamp_min(1)[:, None], self.won, out=self.won)


class LabTrainer:
    """Data, model, quantizer and optimizer of one run. Not safe between threads."""

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
        self.step_count, self.latents_seen = 0, 0
        self.ledgers = [Ledger.of(table.detach()) for table in self.quantizer.tables()]
        drift = Drift(settings, self.data, self.model, device) if settings.model != "none" else None
        self.movement = Movement(drift, can_follow=not settings.axis_values)
        self.losses: dict[str, float] = {}
        self.measures: dict[str, float] = {}
        self._unread: list[tuple[int, tuple[str, ...], Tensor]] = []
        self._reseeded: dict[tuple[int, int], int] = {}  # (level, code) -> step of its last reseed

    def _optimizer(self) -> torch.optim.Optimizer | None:
        groups = [
            {"params": list(self.model.parameters()), "lr": self.settings.lr, "setting": "lr"},
            {"params": list(self.quantizer.parameters()), "lr": self.settings.codebook_lr, "setting": "codebook_lr"},
        ]
        groups = [group for group in groups if group["params"]]
        fused = self.device.type in ("cpu", "cuda")  # one kernel for all parameters, where there is one
        return torch.optim.Adam(groups, fused=fused) if groups else None

    def apply(self, settings: LabSettings) -> None:
        """Let new values act from the next step on; those that need a new run are the owner's business."""
        self.settings = settings
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
        """One batch, one optimizer step. measure: also take the numbers of the curves. Raises Diverged."""
        before = self.quantizer.tables()[0].detach().clone() if measure else None
        probe = self.movement.before(self.step_count + 1) if measure else None
        with drawing_from(self.generator):
            items = self.data.sample(self.settings.batch_size, self.generator, self.step_count)
            z = self.model.encode(items)  # (B, ..., D)
            warm = self.step_count < self.settings.warm_up and self.settings.model != "none"
            output = self._pass_by(z) if warm else self.quantizer(z)
            decoded = self.model.decode(output.z_q)
            loss = difference(self.settings.reconstruction, decoded, items)
            losses = {"reconstruction": loss, **output.loss_terms}
            if measure:
                for tensor in (z, output.z_q):
                    if tensor.requires_grad:
                        tensor.retain_grad()
            total = loss + output.loss
            if self.optimizer and total.requires_grad:
                for group in self.optimizer.param_groups:  # zero_grad would cost ten times as much
                    for parameter in group["params"]:
                        parameter.grad = None
                total.backward()
                self.optimizer.step()
        self.step_count += 1
        self.latents_seen += output.indices[..., 0].numel()
        active = 0 if warm else self.quantizer.active
        for level, ledger in enumerate(self.ledgers):
            ledger.count(output.indices[..., level], output.stages[level].z_e, active)
        names = tuple(losses)
        self._unread.append((self.step_count, names, torch.stack([losses[name].detach() for name in names])))
        if measure:
            self._measure(z, output, before, (decoded.detach() - items, items), probe)
        if self.device.type == "cpu" or measure or len(self._unread) >= READ_EVERY:
            self.read_losses()

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
    ) -> None:
        """Numbers of this step for the curves; reading them waits for the device. missed: error, items (B, *shape);
        probe: latents that are followed, as they were before it."""
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
        if self.quantizer.waits:
            values["active_0"] = torch.tensor(float(self.quantizer.active), device=flat.device)
        values |= self.movement.measure(self.step_count, probe, flat, self._levels(output, tables))
        numbers = torch.stack([value.float() for value in values.values()]).tolist()  # one wait
        self.measures = dict(zip(values, numbers, strict=True))

    def _levels(self, output: QuantizerOutput, tables: list[Tensor]) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """As `Movement.measure` takes them."""
        given = [stage.z_e.flatten(0, -2) for stage in output.stages]
        in_use = [ledger.ever & (ledger.silent < self.window) for ledger in self.ledgers]
        return list(zip(given, tables, [ledger.won for ledger in self.ledgers], in_use, strict=True))

    def _quantization_error(self, output: QuantizerOutput) -> Tensor:
        """Mean squared distance of latents to their codes, summed over groups; of residual stages the last counts."""
        stages = output.stages[-1:] if self.quantizer.combination == "sum" else output.stages
        return torch.stack([(stage.z_e - stage.z_q).square().sum(-1).mean() for stage in stages]).sum()

    def read_losses(self) -> None:
        """Look at the losses of all steps since the last look. Raises Diverged at the first that is not finite."""
        if not self._unread:
            return
        rows, self._unread = self._unread, []
        numbers = torch.cat([row for _, _, row in rows]).tolist()  # one wait for all of them
        for step, names, _ in rows:
            values = dict(zip(names, numbers, strict=False))
            numbers = numbers[len(names) :]
            bad = next((name for name, value in values.items() if not math.isfinite(value)), None)
            if bad:
                raise Diverged(step, bad)
            self.losses = values

    def drain_events(self) -> tuple[FrameEvent, ...]:
        """Reseeds since the last call; one that was reseeded before has died again."""
        events = []
        for event in self.quantizer.drain_events():
            key = (event.level, event.code)
            again = key in self._reseeded
            self._reseeded[key] = event.step
            events.append(FrameEvent(event.step, event.level, event.code, event.strategy, event.source, again))
        return tuple(events)
