"""Codebooks that follow from a rule: FSQ and LFQ (with `spherical` BSQ) of vector-quantize-pytorch, alone or residual,
and the FSQ of transformers. Their codes do not move; latents and counts do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from explorer.joints.files.recording import RecordLevel
from explorer.joints.record import LatticeRule
from explorer.recorder.attachments.attachment import (
    Attachment,
    Hook,
    Listener,
    comes_from,
    first_tensor,
    names_of_levels,
)
from explorer.recorder.attachments.vector_quantize import PACKAGE, listen_to_sides

OUTER = ("FSQ", "LFQ", "ResidualFSQ", "ResidualLFQ", "GroupedResidualFSQ", "GroupedResidualLFQ")
OF_TRANSFORMERS = ("Xcodec2FiniteScalarQuantization", "NeuCodecFiniteScalarQuantization")


def attach(module: nn.Module) -> Attachment | None:
    """Of an FSQ or LFQ, and of what holds several."""
    ours = comes_from(module, PACKAGE, *OUTER) or comes_from(module, "transformers", *OF_TRANSFORMERS)
    return LatticeAttachment(module) if ours else None


class LatticeAttachment(Attachment):
    """A level for each layer and each of its `num_codebooks`."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(module)
        layers = [part for part in module.modules() if _is_layer(part)]
        self._layers = layers
        each = [getattr(layer, "num_codebooks", 1) for layer in layers]
        self._first = [sum(each[:number]) for number in range(len(layers))]
        names = names_of_levels(sum(each), "group" if len(layers) == 1 else "level")
        rules = [_rule_of(layer) for layer, many in zip(layers, each, strict=True) for _ in range(many)]
        self._levels = [
            RecordLevel(name, rule.codebook_size, len(rule.axis_values), "implicit", rule, source=self.place())
            for name, rule in zip(names, rules, strict=True)
        ]

    def levels(self) -> Sequence[RecordLevel]:
        return self._levels

    def vectors(self, level: int) -> Tensor | None:
        return None

    def listen(self, to: Listener) -> None:
        self._handles += listen_to_sides(self, to)
        for layer, first in zip(self._layers, self._first, strict=True):
            self._handles.append(layer.register_forward_hook(Hook(self._hook(first, to)), with_kwargs=True))

    @staticmethod
    def _hook(first: int, to: Listener) -> Any:
        def after(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            given, indices = first_tensor(args, kwargs), output[1]
            if given is None or indices is None:
                return
            many = getattr(layer, "num_codebooks", 1)
            keeps = getattr(layer, "keep_num_codebooks_dim", False)
            columns = indices.flatten(0, -2) if keeps else indices.reshape(-1, 1)  # (N, c)
            for number in range(many):
                to.see(first + number, columns[:, number], _latents_of(layer, given, number))

        return after


def _is_layer(module: nn.Module) -> bool:
    return comes_from(module, PACKAGE, "FSQ", "LFQ") or comes_from(module, "transformers", *OF_TRANSFORMERS)


def _rule_of(layer: nn.Module) -> LatticeRule:
    if comes_from(layer, PACKAGE, "LFQ"):
        bits = layer.codebook_dim
        value = layer.codebook_scale / (math.sqrt(bits) if layer.spherical else 1.0)
        return LatticeRule("BSQ" if layer.spherical else "LFQ", ((-value, value),) * bits, True)
    levels = [int(many) for many in (layer._levels if hasattr(layer, "_levels") else layer.levels)]
    if getattr(layer, "preserve_symmetry", False):
        axes = tuple(tuple(2 * i / (many - 1) - 1 for i in range(many)) for many in levels)
    else:
        axes = tuple(tuple((i - many // 2) / (many // 2) for i in range(many)) for many in levels)
    return LatticeRule("FSQ", axes, False)


def _latents_of(layer: nn.Module, given: Tensor, number: int) -> Callable[[], Tensor]:
    """(N, d) of one of its codebooks, before they are rounded; computed once more, since the layer keeps them to
    itself."""

    @torch.no_grad()
    def latents() -> Tensor:
        z = given.detach()
        if comes_from(layer, "transformers", *OF_TRANSFORMERS):
            return (layer.bound(z.float()) / (layer.levels // 2)).flatten(0, -2)
        moved = z.ndim >= 4 if layer.channel_first is None else layer.channel_first or z.ndim >= 4
        if moved and not (comes_from(layer, PACKAGE, "LFQ") and layer.channel_first is False):
            z = z.movedim(1, -1)
        z = layer.project_in(z.flatten(0, -2)).float()  # (N, c * d)
        z = z.unflatten(-1, (layer.num_codebooks, -1))[:, number]  # (N, d)
        if comes_from(layer, PACKAGE, "LFQ"):
            if layer.soft_clamp_input_value is not None:
                z = (z / layer.soft_clamp_input_value).tanh() * layer.soft_clamp_input_value
            z = z @ layer.orthogonal_rot if layer.orthogonal_rotation else z
            return layer.maybe_l2norm(z)
        return _bounded(layer, z @ layer.orthogonal_rot if layer.orthogonal_rotation else z)

    return latents


def _bounded(layer: nn.Module, z: Tensor) -> Tensor:
    """Of FSQ: as it is rounded, in the units of its codes."""
    hard, many = layer.bound_hard_clamp, layer._levels
    if layer.preserve_symmetry:
        return z.clamp(-1, 1) if hard else z.tanh()
    half = (many - 1) * (1 + 1e-3) / 2
    offset = torch.where(many % 2 == 0, 0.5, 0.0)
    shift = offset / half if hard else (offset / half).atanh()
    squeezed = (z + shift).clamp(-1, 1) if hard else (z + shift).tanh()
    return (squeezed * half - offset) / (many // 2)
