"""A curriculum of code activation: few codes are at work first, and others join them until all are.

Li et al. 2025 (Discrete tokenization for multimodal LLMs: a comprehensive survey, arXiv 2507.22920), section 6(a), name
"curriculum-based code activation schedules" as worth exploring and give none. The schedule here is our own: the codes
at work grow in equal ratios, as in the splitting of Linde et al. 1980 (An algorithm for vector quantizer design, IEEE
TCOM 28), which doubles a codebook: K_t = K_0 (K / K_0)^(t / T). A code that joins splits one that most latents of the
batch choose, or begins on a latent.
"""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.quantizers import chance
from explorer.quantizers.base import QuantizerOutput
from explorer.quantizers.initialization import vectors_from_latents
from explorer.quantizers.lab_spec import Inert, LabSpec, LabValues, choice, slider
from explorer.quantizers.nearest import mark_lost, nearest_code
from explorer.quantizers.step.ranks import gather_rows, sum_over_ranks, take_first
from explorer.quantizers.step.rows import rows_of
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer, options_in_lab

NEW_CODES = ("split", "latent")
NOISE = 0.01  # of a code that joins, as a share of the latents' standard deviation


class GradualQuantizer(VectorQuantizer):
    """VQ whose codes come to work one after another. first_codes: K_0, at most K. grow_steps: T, training steps until
    all are at work; 0: from the first on. new_codes: one of NEW_CODES.

    Codes that wait are never chosen, reseeded or learnt; their counts are 0. They are no dead codes. Each is listed on
    code 0, so that whoever looks for the nearest of all K finds a code at work, the lower number.
    """

    waits = True

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        first_codes: int = 4,
        grow_steps: int = 300,
        new_codes: str = "split",
        options: CodebookOptions | None = None,
    ) -> None:
        super().__init__(dim, codebook_size, options)
        if first_codes < 1 or grow_steps < 0:
            raise SettingsError(f"need first_codes >= 1 and grow_steps >= 0, got {first_codes} and {grow_steps}")
        if new_codes not in NEW_CODES:
            raise SettingsError(f"new_codes must be one of {', '.join(NEW_CODES)}, got {new_codes!r}")
        if self.options.update == "soft_em":
            raise SettingsError("in soft EM each latent counts for all codes, so none can wait: choose another update")
        self.first_codes, self.grow_steps, self.new_codes = min(first_codes, codebook_size), grow_steps, new_codes
        self.register_buffer("at_work", torch.tensor(self.scheduled(0)))
        self._rest()

    def scheduled(self, step: int) -> int:
        """Codes that are to be at work at the training step with that number, from 0."""
        if step >= self.grow_steps:
            return self.codebook_size
        share = step / self.grow_steps
        return max(
            1, min(self.codebook_size, round(self.first_codes * (self.codebook_size / self.first_codes) ** share))
        )

    def _forget(self) -> None:
        super()._forget()
        self._active: int | None = None  # a Python copy of `at_work`

    @property
    def active(self) -> int:
        if self._active is None:
            self._active = int(self.at_work)
        return self._active

    def _codes(self) -> Tensor:
        """The table as it is looked up, codes that wait on code 0."""
        if self.active == self.codebook_size:
            return super()._codes()
        places = torch.arange(self.codebook_size, device=self.vectors.device)
        return super()._codes()[places.masked_fill(places >= self.active, 0)]

    def forward(self, z: Tensor) -> QuantizerOutput:
        if self.training and z.numel() and z.shape[-1] == self.dim:
            self._grow(z.detach().reshape(-1, self.dim).float())
        return super().forward(z)

    def _wanted(self) -> int:
        """How many are to be at work in the next training step, as many as there are to split at most."""
        return max(self.active, min(self.scheduled(self.counts.step), 2 * self.active)) if self._ready else self.active

    @property
    def phase(self) -> Hashable:
        ready = super().phase
        return None if ready is None or self._wanted() > self.active else (*ready, self.active)

    @torch.no_grad()
    def _grow(self, z: Tensor) -> None:
        """Let those codes join that the schedule asks for; z (N, D)."""
        before, wanted = self.active, self._wanted()
        if wanted == before:
            return
        if self.options.metric == "cosine":
            z = torch.nn.functional.normalize(z, dim=-1)
        rows, table = rows_of(self, z), self._codes()
        if self.new_codes == "latent":
            number = wanted - before
            drawn = rows.draw(number) if number <= len(rows) else rows.draw_any(number)
            places = torch.where(rows.many > 0, rows.take(drawn), table[:number])
            share = self.counts.ema_count[:before].mean()
        else:
            chosen = mark_lost(z, nearest_code(z, self.vectors[:before], self.options.metric), before)  # (N,)
            won = torch.zeros(before + 1, device=z.device).index_add_(0, chosen, torch.ones_like(z[:, 0]))
            parents = sum_over_ranks(won[:before])[0].topk(wanted - before).indices
            self.counts.ema_count[parents] /= 2  # each takes half of what the one had
            self.ema_sum[parents] /= 2
            places, share = table[parents], self.counts.ema_count[parents]
        places = places + NOISE * rows.spread_of_all * take_first(chance.randn_like(places))
        if self.options.metric == "cosine":
            places = torch.nn.functional.normalize(places, dim=-1)
        self._active = wanted
        self.at_work.fill_(wanted)
        fresh = slice(before, wanted)
        self.ever_used[fresh].fill_(True)  # they start on latents: the online start has nothing to do for them
        self.vectors[fresh] = places
        self.counts.ema_count[fresh] = share
        self.ema_sum[fresh] = places * self.counts.ema_count[fresh, None]

    def _initialize(self, z: Tensor) -> None:
        """As for VQ, but of the codes at work alone."""
        self._ready = True
        if bool(self.initialized):
            return
        with torch.no_grad():
            z, config = gather_rows(z), self.options.initialization
            self.vectors[: self.active] = take_first(vectors_from_latents(z, self.active, config, self.options.metric))
            self.ema_sum.copy_(self.vectors)
            self.initialized.fill_(True)

    def _update(self, z: Tensor, indices: Tensor) -> None:
        super()._update(z, indices)
        self._rest()

    @torch.no_grad()
    def _rest(self) -> None:
        """Of codes that wait nothing is counted."""
        if self.active == self.codebook_size:
            return
        self.counts.ema_count[self.active :].zero_()
        self.counts.steps_since_use[self.active :].zero_()
        self.ever_used[self.active :].fill_(True)

    def _smoothed_counts(self) -> Tensor:
        """Those of a codebook of the codes at work; 1 for the others, whose vectors stay."""
        count, eps = self.counts.ema_count[: self.active], self.options.epsilon
        smoothed = (count + eps) / (count.sum() + self.active * eps) * count.sum()
        return torch.cat([smoothed, torch.ones_like(self.counts.ema_count[self.active :])])

    def _ema_step(self, m: Tensor) -> None:
        waiting = self.vectors[self.active :].clone()
        super()._ema_step(m)
        self.vectors[self.active :] = waiting


def _in_lab(s: LabValues) -> GradualQuantizer:
    return GradualQuantizer(s.latent_dim, s.codebook_size, s.first_codes, s.grow_steps, s.new_codes, options_in_lab(s))


LAB = LabSpec(
    "VQ, codes join gradually",
    ("codebook_size", "codebook_lr", "codebook_options"),
    fields=(
        slider(
            "first_codes",
            "Codes at first",
            "Quantizer",
            "How many are at work from the first step; the others join in equal ratios.",
            1,
            4096,
            step=1,
            log=True,
            restarts=True,
            unit="codes",
            default=4,
            after="codebook_size",
        ),
        slider(
            "grow_steps",
            "Steps until all",
            "Quantizer",
            "Training steps after which all K codes are at work.",
            0,
            20_000,
            step=1,
            restarts=True,
            unit="steps",
            default=300,
            after="codebook_size",
        ),
        choice(
            "new_codes",
            "New codes",
            "Quantizer",
            "Where a code that joins begins.",
            (("split", "Beside a code that wins most"), ("latent", "On a random latent")),
            default="split",
            after="codebook_size",
        ),
    ),
    build=_in_lab,
    inert=(
        Inert(
            ("first_codes", "new_codes"),
            {"grow_steps": (0,)},
            "All codes are at work from the first step on, so none joins them.",
        ),
    ),
    refuses=(("update", "soft_em", "In soft EM each latent counts for all codes, so none can wait: choose another."),),
)
