"""Modules of vector-quantize-pytorch as `Levels`: what `attach(encoder, decoder, quantizer)` puts between the two.

Every kind is one shape: a map before, latents cut into groups, in each group steps that follow each other on what is
left, and a map after. A quantizer with heads has many groups of one step; a residual one, one group of many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from explorer.foundation.errors import AdapterError
from explorer.joints.record import Codebook, Combination
from explorer.tokenizers.user import vqpytorch_steps as steps
from explorer.tokenizers.user.parts import LevelCodes, Levels


class Group(nn.Module):
    """Steps on one slice of the latents, each on what those before it left over."""

    def __init__(
        self,
        found: Sequence[steps.Step],
        before: nn.Module | None,
        after: nn.Module | None,
        clamp: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.steps, self.before, self.after = nn.ModuleList(found), before or nn.Identity(), after or nn.Identity()
        self.register_buffer("clamp", clamp, persistent=False)
        self.out_width = found[0].out_width

    def quantize(self, x: Tensor) -> list[LevelCodes]:
        """x (B, N, width of the group) -> what each step found."""
        rest, found = self.before(x), []
        if self.clamp is not None:
            rest = (rest / self.clamp).tanh() * self.clamp
        for number, step in enumerate(self.steps):
            codes, z = step.search(rest)
            found.append(LevelCodes(codes, z, step.rows(codes)))
            if number + 1 < len(self.steps):
                rest = rest - step.out(codes)
        return found


class LibraryLevels(Levels):
    """The levels of one module: group by group, and within a group step by step."""

    def __init__(
        self,
        kind: str,
        channels: int,
        groups: Sequence[Group],
        before: nn.Module | None = None,
        after: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.kind, self.channels = kind, channels
        self.groups, self.before, self.after = nn.ModuleList(groups), before or nn.Identity(), after or nn.Identity()
        most = max(len(group.steps) for group in groups)
        self.combination: Combination = "sum" if most > 1 else "concatenate" if len(groups) > 1 else "single"
        self._places = [(g, step) for g, group in enumerate(groups) for step in range(len(group.steps))]

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(self._step(level).codebook() for level in range(len(self._places)))

    def quantize(self, latents: Tensor) -> list[LevelCodes]:
        parts = self.before(latents).chunk(len(self.groups), -1)
        return [found for group, part in zip(self.groups, parts, strict=True) for found in group.quantize(part)]

    def embed(self, level: int, codes: Tensor, kept: Tensor | None) -> Tensor:
        step, group = self._step(level), self._places[level][0]
        given = step.out(codes)
        if kept is not None:
            absent = step.mean_out() if self.combination == "concatenate" else torch.zeros_like(given[:1, :1])
            given = torch.where(kept[..., None], given, absent)
        widths = [one.out_width for one in self.groups]
        beside = [given.new_zeros(*given.shape[:-1], sum(part)) for part in (widths[:group], widths[group + 1 :])]
        return torch.cat([beside[0], given, beside[1]], -1)

    def output(self, total: Tensor) -> Tensor:
        parts = total.split([group.out_width for group in self.groups], -1)
        return self.after(torch.cat([group.after(part) for group, part in zip(self.groups, parts, strict=True)], -1))

    def _step(self, level: int) -> steps.Step:
        group, step = self._places[level]
        return self.groups[group].steps[step]


def levels_of(quantizer: nn.Module) -> Levels:
    """The levels of a module of the library, recognised by the names of its classes.

    Raises AdapterError for what is none, or has options that cannot be shown.
    """
    names = [kind.__name__ for kind in type(quantizer).__mro__]
    for name in names:
        if name in KINDS:
            return KINDS[name](quantizer.eval())
    raise AdapterError(
        f"the quantizer is {names[0]}; attach() knows these of vector-quantize-pytorch: {', '.join(sorted(KINDS))}. "
        "For another one use adapt()."
    )


class _Projection(nn.Module):
    """What RandomProjectionQuantizer does before it searches. Chiu et al. 2022, arXiv 2202.01855."""

    def __init__(self, quantizer: nn.Module) -> None:
        super().__init__()
        self.quantizer = quantizer

    def forward(self, x: Tensor) -> Tensor:
        projected = torch.einsum("bnd,hde->bnhe", self.quantizer.norm(x), self.quantizer.rand_projs)
        return self.quantizer.vq.project_in(projected.flatten(2))


def _vector(vq: nn.Module) -> LibraryLevels:
    """Heads cut the projected latents; they may share one table."""
    groups = [
        Group([steps.TableStep(vq, head if vq.separate_codebook_per_head else 0)], None, None)
        for head in range(vq.heads)
    ]
    return LibraryLevels("vq" if vq.heads == 1 else "pq", vq.dim, groups, vq.project_in, vq.project_out)


def _random(quantizer: nn.Module) -> LibraryLevels:
    inner = _vector(quantizer.vq)
    return LibraryLevels("vq", quantizer.rand_projs.shape[1], list(inner.groups), _Projection(quantizer), inner.after)


def _residual_vector(rvq: nn.Module) -> LibraryLevels:
    if getattr(rvq, "implicit_neural_codebook", False):
        raise AdapterError("codebooks that a network makes anew for each token (QINCo) cannot be shown.")
    if (getattr(rvq, "eval_beam_size", None) or 1) > 1:
        raise AdapterError("a beam search chooses several levels at once, which cannot be shown; use eval_beam_size=1.")
    return _residual("rvq", rvq, [steps.TableStep(layer) for layer in rvq.layers])


def _residual_scalar(rfsq: nn.Module) -> LibraryLevels:
    found = [steps.ScalarStep(layer, scale) for layer, scale in zip(rfsq.layers, rfsq.scales, strict=True)]
    clamp = rfsq.soft_clamp_input_value
    return _residual("fsq", rfsq, found, None if clamp is None else torch.as_tensor(clamp))


def _residual_signs(rlfq: nn.Module) -> LibraryLevels:
    return _residual("lfq", rlfq, [steps.SignStep(layer) for layer in rlfq.layers])


def _residual_sim(rsim: nn.Module) -> LibraryLevels:
    return _residual("simvq", rsim, [steps.SimStep(layer) for layer in rsim.layers])


def _residual(kind: str, module: nn.Module, found: list[steps.Step], clamp: Tensor | None = None) -> LibraryLevels:
    before, after = getattr(module, "project_in", None), getattr(module, "project_out", None)
    channels = before.in_features if isinstance(before, nn.Linear) else found[0].width
    return LibraryLevels(kind, channels, [Group(found, before, after, clamp)])


def _grouped(one: Callable[[nn.Module], LibraryLevels]) -> Callable[[nn.Module], LibraryLevels]:
    def of(module: nn.Module) -> LibraryLevels:
        inner = [one(part) for part in module.rvqs]
        return LibraryLevels(inner[0].kind, module.dim, [levels.groups[0] for levels in inner])

    return of


def _split(kind: str, make: Callable[[nn.Module], steps.Step]) -> Callable[[nn.Module], LibraryLevels]:
    """A module whose `num_codebooks` cut the projected latents, all by one rule."""

    def of(module: nn.Module) -> LibraryLevels:
        groups = [Group([make(module)], None, None) for _ in range(module.num_codebooks)]
        word = "bsq" if getattr(module, "spherical", False) else kind
        return LibraryLevels(word, module.dim, groups, module.project_in, module.project_out)

    return of


def _sim(sim: nn.Module) -> LibraryLevels:
    step = steps.SimStep(sim)
    return LibraryLevels("simvq", step.width, [Group([step], None, None)])


def _bits(mapper: nn.Module) -> LibraryLevels:
    return LibraryLevels("lfq", int(mapper.bits), [Group([steps.BitStep(mapper)], None, None)])


KINDS: Mapping[str, Callable[[nn.Module], LibraryLevels]] = {
    "VectorQuantize": _vector,
    "ResidualVQ": _residual_vector,
    "GroupedResidualVQ": _grouped(_residual_vector),
    "FSQ": _split("fsq", steps.ScalarStep),
    "ResidualFSQ": _residual_scalar,
    "GroupedResidualFSQ": _grouped(_residual_scalar),
    "LFQ": _split("lfq", steps.SignStep),
    "ResidualLFQ": _residual_signs,
    "GroupedResidualLFQ": _grouped(_residual_signs),
    "SimVQ": _sim,
    "ResidualSimVQ": _residual_sim,
    "RandomProjectionQuantizer": _random,
    "LatentQuantize": _split("fsq", steps.LatentStep),
    "BinaryMapper": _bits,
}
