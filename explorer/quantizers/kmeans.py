"""k-means tokens: a codebook fitted offline to features, then frozen (as HuBERT, Hsu et al. 2021, arXiv 2106.07447).

Until `fit` is called, or training reaches step `fit_at`, latents pass through untouched while a reservoir keeps a
sample of them; at `fit_at` Lloyd's algorithm runs once on that sample and the codes never move again. It ends where
Lloyd's two conditions hold, as in Jegou et al. 2011 (Product quantization for nearest neighbor search, IEEE TPAMI 33),
eqs 4 and 5: a latent gets the nearest code, and a code is the mean of the latents that it gets.
"""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch import Tensor

from explorer.foundation.errors import SettingsError
from explorer.joints.record import Codebook
from explorer.quantizers import chance
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
from explorer.quantizers.initialization import kmeans
from explorer.quantizers.lab_spec import LabSpec, LabValues
from explorer.quantizers.nearest import mark_lost, nearest_code
from explorer.quantizers.step.ranks import take_first
from explorer.quantizers.step.reservoir import Reservoir
from explorer.quantizers.step.rows import rows_of

LAB_STEPS = 10  # of a run of the lab, at least, before it is fitted


class KMeansQuantizer(Quantizer):
    """K frozen centroids in D dimensions. beta: commitment weight that keeps later latents near them."""

    def __init__(
        self,
        dim: int,
        codebook_size: int,
        fit_at: int = 1,
        iterations: int = 25,
        beta: float = 0.25,
        gradient: str = "ste",
        sample: int | None = None,
        decay: float = 0.99,
    ) -> None:
        super().__init__(dim, codebook_size)
        if fit_at < 1 or iterations < 1:
            raise SettingsError(f"fit_at and iterations must be at least 1, got {fit_at} and {iterations}")
        self.fit_at, self.iterations, self.beta, self.gradient = fit_at, iterations, beta, gradient
        self.register_buffer("vectors", chance.randn(codebook_size, dim))  # (K, D)
        self.register_buffer("fitted", torch.tensor(False))
        self.counts = CodeCounts(codebook_size, decay)
        self.reservoir = Reservoir(sample or 32 * codebook_size, dim)
        estimator(gradient)
        self._fitted: bool | None = False  # a Python copy of `fitted`, so that a step on a GPU need not wait to read it
        self.register_load_state_dict_post_hook(forget_flags)

    def _forget(self) -> None:
        self._fitted = None

    @property
    def is_fitted(self) -> bool:
        if self._fitted is None:
            self._fitted = bool(self.fitted)
        return self._fitted

    def _start(self) -> None:
        """Fit once to the sample, which looks at its numbers."""
        self.vectors.copy_(take_first(self.fit(self.reservoir.sample())))

    @property
    def phase(self) -> Hashable:
        return ("frozen",) if self.is_fitted else ("waits",) if self.counts.step + 1 < self.fit_at else None

    @torch.no_grad()
    def fit(self, features: Tensor) -> Tensor:
        """Run Lloyd's algorithm on features (N, D), N >= K, and freeze the result. Returns the centroids (K, D)."""
        self.vectors.copy_(kmeans(features.float(), self.codebook_size, self.iterations))
        self.fitted.fill_(True)
        self._fitted = True
        return self.vectors

    def forward(self, z: Tensor) -> QuantizerOutput:
        check_latents(z, self.dim)
        shape, z = z.shape[:-1], z.reshape(-1, self.dim).float()  # (N, D)
        if self.training and not self.is_fitted and len(z):
            self.reservoir.add(rows_of(self, z.detach()))
            if self.counts.step + 1 >= self.fit_at:
                self._start()
        indices = nearest_code(z, self.vectors)  # (N,)
        codes = self.vectors[indices]
        if self.is_fitted:
            terms = {"commitment": self.beta * mean_square(z, codes)}
            z_q = estimator(self.gradient)(z, codes)
        else:
            terms, z_q = {}, z
        if self.training:
            self.counts.update(mark_lost(z, indices, self.codebook_size))
        stage = QuantizedLevel(z.detach().view(*shape, self.dim), codes.view(*shape, self.dim), indices.view(shape))
        return QuantizerOutput(z_q.view(*shape, self.dim), indices.view(*shape, 1), total(terms, z), terms, (stage,))

    def level_vectors(self, indices: Tensor) -> list[Tensor]:
        return [self.vectors[indices[..., 0]]]

    def tables(self) -> list[Tensor]:
        return [self.vectors]

    def codebooks(self) -> tuple[Codebook, ...]:
        return (self.counts.codebook(self.vectors),)


def _in_lab(s: LabValues) -> KMeansQuantizer:
    """Fitted once, when twice as many latents as codes were seen, but not in the first steps."""
    steps = -(-2 * s.codebook_size // (s.batch_size * s.latents_an_item))
    return KMeansQuantizer(
        s.latent_dim, s.codebook_size, max(LAB_STEPS, steps), beta=s.beta, gradient=s.gradient, decay=s.decay
    )


LAB = LabSpec("k-means, fitted once", ("codebook_size", "beta", "gradient"), build=_in_lab)
