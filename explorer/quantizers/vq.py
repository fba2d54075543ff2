"""Vector quantization: each latent becomes its nearest code.

VQ-VAE (van den Oord et al. 2017, arXiv 1711.00937): the nearest code is eqs 1 and 2, codebook loss and commitment are
eq. 3, the EMA is eqs 6 to 8 of appendix A.1, and its Laplace smoothing that of Sonnet's VectorQuantizerEMA; cosine
codes: ViT-VQGAN (Yu et al. 2022, arXiv 2110.04627). Both losses are means over latents and over the D axes, as in
Sonnet, where eq. 3 has squared lengths: they are D times smaller than there.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook
from explorer.quantizers.base import (
    CodeCounts,
    QuantizedLevel,
    Quantizer,
    QuantizerOutput,
    check_latents,
    forget_flags,
    mean_square,
    total,
)
from explorer.quantizers.gradients import estimator
from explorer.quantizers.initialization import DATA_DRIVEN, Initialization, random_vectors, vectors_from_latents
from explorer.quantizers.lab_spec import REGULARIZER_FIELDS, LabSpec, LabValues
from explorer.quantizers.nearest import mark_lost, nearest_code, put_lost_on_codes
from explorer.quantizers.regularizers import regularizer
from explorer.quantizers.reseeding import STRATEGIES, Reseeding, by_silence, dead_codes, replacements
from explorer.quantizers.step.events import EventLog, ReseedEvent
from explorer.quantizers.step.ranks import gather_rows, sum_over_ranks, take_first
from explorer.quantizers.step.reservoir import Reservoir
from explorer.quantizers.step.rows import Rows, rows_of
from explorer.quantizers.sums import expected_sums, sum_by_code


@dataclass(frozen=True)
class CodebookOptions:
    """How one learned codebook lives; shared by VQ, RVQ, PQ and multi-head VQ.

    metric: "euclidean" or "cosine". update: "ema", "soft_em" (an EMA to which each latent counts for all codes, by
    softmax(-|z - e|^2 / em_temperature); `expected_sums` has the source) or "gradient" (codebook loss). decay: gamma of
    the EMA, epsilon of its Laplace smoothing. beta: commitment weight. gradient: "ste" or "rotation". regularizers:
    (name, weight) pairs.
    """

    metric: str = "euclidean"
    update: str = "ema"
    em_temperature: float = 0.1
    decay: float = 0.99
    epsilon: float = 1e-5
    beta: float = 0.25
    gradient: str = "ste"
    initialization: Initialization = field(default_factory=Initialization)
    reseeding: Reseeding = field(default_factory=Reseeding)
    regularizers: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.metric not in ("euclidean", "cosine"):
            raise SettingsError(f"metric must be euclidean or cosine, got {self.metric!r}")
        if self.update not in ("ema", "soft_em", "gradient"):
            raise SettingsError(f"update must be ema, soft_em or gradient, got {self.update!r}")
        if not 0 <= self.decay < 1 or self.epsilon <= 0 or self.beta < 0 or self.em_temperature <= 0:
            got = f"{self.decay}, {self.epsilon}, {self.beta}, {self.em_temperature}"
            raise SettingsError(f"need 0 <= decay < 1, epsilon > 0, beta >= 0, em_temperature > 0, got {got}")
        estimator(self.gradient)
        for name, _ in self.regularizers:
            regularizer(name)


class VectorQuantizer(Quantizer):
    """One codebook of K vectors in D dimensions. `level` is only the number written into its events."""

    def __init__(self, dim: int, codebook_size: int, options: CodebookOptions | None = None, level: int = 0) -> None:
        super().__init__(dim, codebook_size)
        self.options = options or CodebookOptions()
        self.level = level
        config = self.options.initialization
        vectors = random_vectors(codebook_size, dim, config)
        if self.options.metric == "cosine":
            vectors = normalize(vectors, dim=-1)
        self.vectors = nn.Parameter(vectors, requires_grad=self.options.update == "gradient")  # (K, D)
        self.counts = CodeCounts(codebook_size, self.options.decay)
        self.register_buffer("ema_sum", vectors.clone())  # (K, D): M, the sums of latents
        self.register_buffer("initialized", torch.tensor(config.name not in DATA_DRIVEN))
        self.register_buffer("ever_used", torch.zeros(codebook_size, dtype=torch.bool))
        self.reservoir: Reservoir | None = None
        self._log: EventLog | None = None  # made at the first check for dead codes
        self.use_reseeding()
        self._forget()
        self.register_load_state_dict_post_hook(forget_flags)

    def _forget(self) -> None:
        """Read `initialized` anew, of which `_ready` is a copy, so that a step on a GPU need not wait to read it."""
        self._ready = False

    def use_reseeding(self) -> None:
        """Make or drop the reservoir as `options` say; called again when they change while training."""
        reseeding = self.options.reseeding
        if reseeding.strategy != "reservoir":
            self.reservoir = None
        elif self.reservoir is None:
            self.reservoir = Reservoir(reseeding.reservoir_size, self.dim).to(self.vectors.device)

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        shape, z = z.shape[:-1], z.reshape(-1, self.dim).float()  # (N, D)
        if self.options.metric == "cosine":
            z = normalize(z, dim=-1)
        if self.training and not self._ready and len(z):
            self._initialize(z)
        indices = nearest_code(z, self.vectors[: self.active], self.options.metric)  # (N,)
        table = self._table()  # (K, D)
        codes = table[indices]  # (N, D), differentiable in the vectors
        terms = self._loss_terms(z, codes, indices, table)
        z_q = estimator(self.options.gradient)(z, codes)
        if self.training and len(z):
            with torch.no_grad():
                self._update(z.detach(), indices)
        stage = QuantizedLevel(
            z.detach().view(*shape, self.dim), codes.detach().view(*shape, self.dim), indices.view(shape)
        )
        return QuantizerOutput(z_q.view(*shape, self.dim), indices.view(*shape, 1), total(terms, z), terms, (stage,))

    def _codes(self) -> Tensor:
        """The table as it is looked up: normalized for cosine."""
        return normalize(self.vectors, dim=-1) if self.options.metric == "cosine" else self.vectors

    def _table(self) -> Tensor:
        """`_codes` for the loss terms: a copy where the graph would otherwise hold vectors that `_update` changes."""
        remembered = self.options.update == "gradient" or self.options.regularizers
        if not (self.training and remembered):
            return self._codes()
        vectors = self.vectors.clone()
        return normalize(vectors, dim=-1) if self.options.metric == "cosine" else vectors

    def _loss_terms(self, z: Tensor, codes: Tensor, indices: Tensor, table: Tensor) -> dict[str, Tensor]:
        """Weighted terms of VQ-VAE, eq. 3, and the regularizers."""
        terms = {"commitment": self.options.beta * mean_square(z, codes.detach())}
        if self.options.update == "gradient":
            terms["codebook"] = mean_square(codes, put_lost_on_codes(z.detach(), codes))
        for name, weight in self.options.regularizers:
            if weight and len(z):
                with torch.autocast(z.device.type, enabled=False):
                    terms[name] = weight * regularizer(name)(put_lost_on_codes(z, codes), table[: self.active], indices)
        return terms

    def _initialize(self, z: Tensor) -> None:
        """Once, from the first batch, for the data-driven initializations."""
        self._ready = True
        if bool(self.initialized):
            return
        with torch.no_grad():
            z, config = gather_rows(z), self.options.initialization
            vectors = vectors_from_latents(z, self.codebook_size, config, self.options.metric)
            self.vectors.copy_(take_first(vectors))
            self.ema_sum.copy_(self.vectors)  # with ema_count at one: M = N e
            self.initialized.fill_(True)

    def _update(self, z: Tensor, indices: Tensor) -> None:
        """One step of the codebook's life: counts, EMA, online initialization, reseeding."""
        options, counts = self.options, self.counts
        counted = mark_lost(z, indices, self.codebook_size)  # (N,)
        n = counts.tally(counted)  # (K,), of this rank
        if options.update == "soft_em":
            n, expected, m = sum_over_ranks(n, *expected_sums(z, self._codes(), options.em_temperature))
        elif options.update == "ema":
            (n, m), expected = sum_over_ranks(n, sum_by_code(z, counted, self.codebook_size)), None
        else:
            (n,), expected = sum_over_ranks(n), None
        counts.advance(n, expected)
        if options.update != "gradient":
            self._ema_step(m)
        checks, online = self._checks(counts.step), options.initialization.name == "online"
        if not (checks or online or self.reservoir is not None):
            return
        rows = rows_of(self, z)
        if online:
            self.ever_used |= n > 0
            self._bootstrap(rows)
        if self.reservoir is not None:
            self.reservoir.add(rows)
        if checks:
            self._reseed(rows, indices)

    def _checks(self, step: int) -> bool:
        """Whether the training step that ends as number `step` looks for dead codes."""
        return self.options.reseeding.strategy != "none" and step % self.options.reseeding.every == 0

    @property
    def phase(self) -> Hashable:
        checks = self._checks(self.counts.step + 1)
        if not self._ready or (checks and self._log is None):
            return None
        return ("checks" if checks else "learns",)

    def _ema_step(self, m: Tensor) -> None:
        """N <- g N + (1-g) n, M <- g M + (1-g) m, e = M / N^ (VQ-VAE, eqs 6 to 8), but for N^ smoothed as in Sonnet.

        Averages start at N = 1 and M = e, and are not debiased. Of a code that wins nothing M and N shrink alike, and
        e would stay; what draws it to the origin in the end is the smoothing, which keeps N^ from shrinking below
        about epsilon.
        """
        g = self.options.decay
        self.ema_sum.mul_(g).add_(m, alpha=1 - g)
        vectors = self.ema_sum / self._smoothed_counts()[:, None]  # N is already advanced
        self.vectors.copy_(normalize(vectors, dim=-1) if self.options.metric == "cosine" else vectors)

    def _smoothed_counts(self) -> Tensor:
        """N^ (K,)."""
        count, eps = self.counts.ema_count, self.options.epsilon
        return (count + eps) / (count.sum() + self.codebook_size * eps) * count.sum()

    def _bootstrap(self, rows: Rows) -> None:
        """Online initialization: a code that was never used yet sits on a latent of the newest batch."""
        unused = ~self.ever_used & (rows.many > 0)
        every = torch.arange(self.codebook_size, device=unused.device)
        self._set_codes(every, rows.take(rows.draw_any(self.codebook_size)), unused)

    def _reseed(self, rows: Rows, indices: Tensor) -> None:
        reseeding = self.options.reseeding
        dead = dead_codes(self.counts, reseeding)  # (K,)
        table = self._codes()
        if self.active < self.codebook_size:  # a code that waits is neither dead nor a source
            dead[self.active :].fill_(False)
            table = torch.cat([table[: self.active], torch.full_like(table[self.active :], torch.nan)])
        fresh, source, many = replacements(reseeding, dead, rows, table, indices, self.counts, self.reservoir)
        codes = by_silence(dead, self.counts)[: len(source)]  # (R,); those past `many` have their turn at a later check
        self._set_codes(codes, fresh, torch.arange(len(codes), device=codes.device) < many)
        self._log = self._log.to(codes.device) if self._log else EventLog(self.codebook_size, codes.device)
        self._log.write(self.counts.clock, STRATEGIES.index(reseeding.strategy), codes, source, many)

    def drain_events(self) -> list[ReseedEvent]:
        return self.events_of(self._log.drain() if self._log else [])

    def events_of(self, rows: list[list[int]]) -> list[ReseedEvent]:
        """The events behind rows of the log."""
        return [ReseedEvent(step, self.level, code, STRATEGIES[kind], source) for step, kind, code, source in rows]

    @property
    def event_log(self) -> EventLog | None:
        """None before the first check for dead codes."""
        return self._log

    def _set_codes(self, codes: Tensor, vectors: Tensor, live: Tensor) -> None:
        """Give those of `codes` (R,), all different, that are `live` (R,) new vectors (R, D) and, unless the known bug
        is asked for, fresh statistics that agree with them."""
        if self.options.metric == "cosine":
            vectors = normalize(vectors, dim=-1)
        _put(self.vectors, codes, vectors, live)
        _put(self.counts.placed, codes, self.counts.clock, live)
        if not self.options.reseeding.fresh_statistics:
            return
        fresh = self.counts.ema_count.mean().clamp_min(1e-3)
        _put(self.counts.ema_count, codes, fresh, live)
        _put(self.counts.steps_since_use, codes, 0, live)
        _put(self.ema_sum, codes, vectors * fresh, live)

    @torch.no_grad()
    def restore_statistics(self) -> None:
        """So that training goes on from codes and counts without the sums of latents: M = N^ e."""
        self.ema_sum.copy_(self.vectors * self._smoothed_counts()[:, None])
        self.ever_used.fill_(True)
        self._forget()

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [self._codes()[indices[..., 0]]]

    def tables(self) -> list[Tensor]:
        return [self._codes()]

    def codebooks(self) -> tuple[Codebook, ...]:
        return (self.counts.codebook(self._codes(), self.options.metric),)


def _put(table: Tensor, places: Tensor, rows: Tensor | int, live: Tensor) -> None:
    """table[places] = rows where `live`; elsewhere it stays: table (K, ...), places, live (R,), rows (R, ...)."""
    live = live.view(-1, *[1] * (table.ndim - 1))
    table.index_copy_(0, places, torch.where(live, rows, table[places]))


def options_in_lab(s: LabValues) -> CodebookOptions:
    """How each codebook of a run of the lab lives."""
    return CodebookOptions(
        metric=s.metric,
        update=s.update,
        em_temperature=s.em_temperature,
        decay=s.decay,
        epsilon=s.epsilon,
        beta=s.beta,
        gradient=s.gradient,
        initialization=Initialization(s.initialization, s.init_scale, s.init_offset),
        reseeding=Reseeding(
            strategy=s.reseeding,
            dead_by=s.dead_by,
            threshold=s.threshold,
            patience=s.patience,
            healthy_share=s.healthy_share,
            every=s.every,
            noise=s.reseed_noise,
            top_fraction=s.top_fraction,
            reservoir_size=s.reservoir_size,
            fresh_statistics=s.fresh_statistics,
        ),
        regularizers=tuple((name, getattr(s, name)) for name in REGULARIZER_FIELDS if getattr(s, name)),
    )


def _in_lab(s: LabValues) -> VectorQuantizer:
    return VectorQuantizer(s.latent_dim, s.codebook_size, options_in_lab(s))


LAB = LabSpec("VQ", ("codebook_size", "codebook_lr", "codebook_options"), build=_in_lab)
