"""One search of a module of vector-quantize-pytorch: latents of one level -> codes, in the space of its codebook.

The library (github.com/lucidrains/vector-quantize-pytorch, 1.32) is read through attributes and never imported. Where
it has a search of its own that is what runs; what it does not give, latents before quantization, is computed here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.foundation.errors import AdapterError
from explorer.joints.record import Codebook, LatticeRule
from explorer.joints.table_faults import table_fault
from explorer.tokenizers.codec import nearest


class Step(nn.Module, ABC):
    """width: channels of the latents it takes. out_width: channels of what it gives to the sum."""

    width: int
    out_width: int

    @abstractmethod
    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, N, width) -> codes (B, N) and latents in the space of the codebook, (B, N, D)."""

    @abstractmethod
    def rows(self, codes: Tensor) -> Tensor:
        """codes (...) -> their vectors (..., D)."""

    @abstractmethod
    def codebook(self) -> Codebook:
        """What is searched."""

    def out(self, codes: Tensor) -> Tensor:
        """codes (...) -> what they give, (..., out_width): their vectors, unless a subclass says otherwise."""
        return self.rows(codes)

    def mean_out(self) -> Tensor:
        """What the mean of the codes that are finite gives, (out_width,), for a head left out of a concatenation."""
        given = self.out(torch.arange(min(self.codebook().codebook_size, 2**16), device=self.place()))
        return given[given.isfinite().all(1)].mean(0)

    def place(self) -> torch.device:
        """Where its tensors lie."""
        return next(iter((*self.parameters(), *self.buffers())), torch.zeros(0)).device


class TableStep(Step):
    """VectorQuantize, or one of its heads: Euclidean or, on the sphere, cosine. van den Oord et al. 2017."""

    def __init__(self, vq: nn.Module, head: int = 0) -> None:
        super().__init__()
        self.vq, self._head = vq, head
        self._cosine = bool(vq.use_cosine_sim)
        if not bool(torch.as_tensor(getattr(vq._codebook, "initted", True)).all()):
            table = vq._codebook.embed.detach().float().cpu().flatten(0, -2).numpy()
            fault = table_fault(table) or "its table is what it was made with"
            raise AdapterError(
                f"the codebook of the quantizer was never filled: {fault}. Its initted is false: it waits for k-means "
                "on the first batch. Train it first, or load its weights before it is attached."
            )
        self.width = self.out_width = vq._codebook.embed.shape[-1]
        self._own = not getattr(
            vq._codebook, "affine_param", False
        )  # else it goes on moving the affine map to each batch
        self._own = self._own and bool(self.table().isfinite().all())  # else all tokens get a code that is NaN

    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        book = self.vq._codebook
        z = book.transform_input(x.float())
        tables = len(book.embed)
        if not self._own:
            return nearest(z, self.table(), "cosine" if self._cosine else "euclidean"), z
        if tables == 1:
            return book(z)[1], z
        return book(z.expand(tables, *z.shape))[1][self._head], z  # each head's table against all: the library's search

    def table(self) -> Tensor:
        """(K, D), as it is searched: after a bridge or an affine map, if there is one."""
        book = self.vq._codebook
        embed = book.embed.detach()
        if getattr(book, "vq_bridge", None) is not None:
            embed = book.vq_bridge(embed)
        if getattr(book, "affine_param", False):
            spread = (book.batch_variance.clamp(min=1e-5) / book.codebook_variance.clamp(min=1e-5)).sqrt()
            embed = (embed - book.codebook_mean) * spread + book.batch_mean
        return embed[self._head if len(embed) > 1 else 0]

    def rows(self, codes: Tensor) -> Tensor:
        return self.table()[codes]

    def codebook(self) -> Codebook:
        rows, size = self.table().detach().float().cpu(), getattr(self.vq._codebook, "cluster_size", None)
        counts, decay = None, getattr(self.vq._codebook, "decay", None)
        if size is not None and self.vq._codebook.ema_update and not bool((size == 1).all()):  # untrained: all ones
            counts = size[self._head if len(size) > 1 else 0].detach().cpu().numpy()
        metric = "cosine" if self._cosine else "euclidean"
        return Codebook(len(rows), rows.shape[1], metric, rows.numpy(), counts=counts, counts_decay=decay)


class SimStep(Step):
    """SimVQ: a frozen table behind a trained map. Zhu et al. 2024, arXiv 2411.02038."""

    def __init__(self, sim: nn.Module) -> None:
        super().__init__()
        self.sim = sim
        self.width = self.out_width = sim.codebook.shape[1]
        self._own = bool(sim.codebook.isfinite().all())

    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if not self._own:
            return nearest(x, self.sim.codebook), x
        return torch.cdist(x, self.sim.codebook).argmin(-1), x

    def rows(self, codes: Tensor) -> Tensor:
        return self.sim.code_transform(self.sim.frozen_codebook[codes])

    def codebook(self) -> Codebook:
        rows = self.sim.codebook.detach().float().cpu()
        return Codebook(len(rows), self.width, "euclidean", rows.numpy())


class LatticeStep(Step):
    """A code is a digit for each axis; `values` are what the digits stand for."""

    def __init__(self, name: str, values: list[Tensor], most_significant_first: bool, rotation: Tensor | None) -> None:
        super().__init__()
        axes = tuple(tuple(axis.detach().double().tolist()) for axis in values)
        self.rule = LatticeRule(name, axes, most_significant_first)
        self.width = self.out_width = len(axes)
        longest = max(len(axis) for axis in axes)
        table = torch.tensor([(*axis, *[0.0] * (longest - len(axis))) for axis in axes])
        self.register_buffer("values", table, persistent=False)  # (D, most levels)
        self.register_buffer("radix", torch.from_numpy(self.rule.radix()), persistent=False)  # (D,)
        self.register_buffer("levels", torch.tensor(self.rule.levels), persistent=False)  # (D,)
        self.register_buffer("rotation", rotation, persistent=False)

    def codes(self, digits: Tensor) -> Tensor:
        """digits (..., D) -> codes (...)."""
        return (digits.long() * self.radix).sum(-1)

    def rows(self, codes: Tensor) -> Tensor:
        digits = codes[..., None] // self.radix % self.levels
        return self.values[torch.arange(self.width, device=codes.device).expand_as(digits), digits]

    def out(self, codes: Tensor) -> Tensor:
        rows = self.rows(codes)
        return rows if self.rotation is None else rows @ self.rotation.T

    def rotated(self, x: Tensor) -> Tensor:
        """x in the axes of the lattice."""
        return x if self.rotation is None else x @ self.rotation

    def mean_out(self) -> Tensor:
        mean = torch.stack([self.values[d, :n].mean() for d, n in enumerate(self.rule.levels)])
        return mean if self.rotation is None else mean @ self.rotation.T

    def codebook(self) -> Codebook:
        return Codebook(self.rule.codebook_size, self.width, "implicit", rule=self.rule)


class ScalarStep(LatticeStep):
    """FSQ. Mentzer et al. 2023, arXiv 2309.15505; symmetric as in section 3.2 of arXiv 2411.19842.

    z_e is the bounded latent before it is rounded, in the units of the codes. scale: of a residual level, (D,).
    """

    def __init__(self, fsq: nn.Module, scale: Tensor | None = None) -> None:
        levels = fsq._levels.long().cpu()
        one = torch.ones(len(levels)) if scale is None else scale.detach().cpu().float()
        symmetric, halves = bool(fsq.preserve_symmetry), levels // 2
        digits = [torch.arange(int(n)) for n in levels]
        values = [
            (2 * i / (len(i) - 1) - 1 if symmetric else (i - half) / half) * size
            for i, half, size in zip(digits, halves, one, strict=True)
        ]
        super().__init__("FSQ", values, False, getattr(fsq, "orthogonal_rot", None))
        self.fsq, self._symmetric = fsq, symmetric
        self.register_buffer("scale", one, persistent=False)

    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = self.rotated(x.float() / self.scale)
        codes = self.fsq.codes_to_indices(self.fsq.quantize(z)).long()
        return codes, self.bounded(z) * self.scale

    def bounded(self, z: Tensor) -> Tensor:
        """What is rounded, divided as the codes are."""
        fsq = self.fsq
        hard = bool(getattr(fsq, "bound_hard_clamp", False))
        squash = (lambda t: t.clamp(-1, 1)) if hard else torch.tanh
        if self._symmetric:
            return squash(z)
        half = (fsq._levels - 1) * (1 + 1e-3) / 2  # the library's bound reaches a little past the outermost level
        offset = torch.where(fsq._levels % 2 == 0, 0.5, 0.0)
        shift = offset / half if hard else torch.atanh(offset / half)
        return (squash(z + shift) * half - offset) / (fsq._levels // 2)


class SignStep(LatticeStep):
    """LFQ (Yu et al. 2023, arXiv 2310.05737); spherical: BSQ (Zhao et al. 2024, arXiv 2406.07548)."""

    def __init__(self, lfq: nn.Module) -> None:
        size, bits = float(lfq.codebook_scale), int(lfq.codebook_dim)
        value = size / bits**0.5 if lfq.spherical else size
        values = [torch.tensor([-value, value])] * bits
        super().__init__("BSQ" if lfq.spherical else "LFQ", values, True, getattr(lfq, "orthogonal_rot", None))
        self._size, self._spherical, self._clamp = size, bool(lfq.spherical), lfq.soft_clamp_input_value

    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = x.float()
        if self._clamp is not None:
            z = (z / self._clamp).tanh() * self._clamp
        z = self.rotated(z)
        if self._spherical:
            z = functional.normalize(z, dim=-1) * self._size
        return self.codes(z > 0), z


class LatentStep(LatticeStep):
    """LatentQuantize: the nearest of a few learned values on each axis. Hsu et al. 2023, arXiv 2305.18378.

    A code counts digits, as found. (The library makes them of the values again, which is the same while those are as
    they began.)
    """

    def __init__(self, latent: nn.Module) -> None:
        super().__init__("latent quantization", list(latent.values_per_latent), False, None)

    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        digits = [(x[..., d, None] - self.values[d, : self.rule.levels[d]]).abs().argmin(-1) for d in range(self.width)]
        return self.codes(torch.stack(digits, -1)), x


class BitStep(LatticeStep):
    """BinaryMapper, without chance: the likelier value of each bit. The decoder gets the code as a one-hot vector.

    Fleuret 2025, arXiv 2510.17558. The first bit is the least significant.
    """

    def __init__(self, mapper: nn.Module) -> None:
        super().__init__("bits", [torch.tensor([-1.0, 1.0])] * int(mapper.bits), False, None)
        self.out_width = 2**self.width

    def search(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.codes(x.sigmoid() > 0.5), x

    def out(self, codes: Tensor) -> Tensor:
        return functional.one_hot(codes, self.out_width).float()

    def mean_out(self) -> Tensor:
        return torch.full((self.out_width,), 1 / self.out_width, device=self.place())
