"""Quantizers that sample a code by its logits (Gumbel-softmax): of wav2vec 2.0 and its kin in transformers (read for
5.23), GumbelVectorQuantizer of fairseq, and GumbelQuantize of taming-transformers and its copies.

What the logits are made from lies in no space of the codes, so there are no latents beside them: counts, codes, what
died and gradients are recorded. Of wav2vec 2.0 the code that was sampled is told by what came out, which is that code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from explorer.joints.files.recording import RecordLevel
from explorer.quantizers.nearest import nearest_code
from explorer.recorder.attachments.attachment import (
    Attachment,
    Hook,
    Listener,
    comes_from,
    first_tensor,
    names_of_levels,
)

GROUPED = "GumbelVectorQuantizer"  # how these classes end, with the name of their model before it
SINGLE = "GumbelQuantize"


def attach(module: nn.Module) -> Attachment | None:
    """Of a quantizer that samples."""
    names = [kind.__name__ for kind in type(module).__mro__]
    if SINGLE in names and isinstance(getattr(module, "embed", None), nn.Embedding):
        return SingleAttachment(module)
    ends = any(name.endswith(GROUPED) for name in names) and comes_from(module, "transformers", *names)
    return GroupedAttachment(module) if ends or (GROUPED in names and hasattr(module, "vars")) else None


class GumbelAttachment(Attachment):
    """What is alike of all."""

    def listen(self, to: Listener) -> None:
        def after(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            chosen, quantized, losses, channels = self.read(output)
            for number, indices in enumerate(chosen):
                to.see(number, indices, None)
            if (given := first_tensor(args, kwargs)) is not None:
                to.see_sides(given, quantized, losses, channels)

        self._handles += [
            self.module.register_forward_pre_hook(Hook(lambda *_: to.begin())),
            self.module.register_forward_hook(Hook(torch.compiler.disable(after)), with_kwargs=True),
        ]

    def read(self, output: Any) -> tuple[Sequence[Tensor], Tensor, Mapping[str, Tensor], int]:
        """Of what the module returned: the codes of each level, what was decoded, losses, the axis of a latent."""
        raise NotImplementedError


class GroupedAttachment(GumbelAttachment):
    """A level a group. Groups of fairseq may share their codes (`combine_groups`)."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(module)
        self._theirs = hasattr(module, "codevectors")  # of transformers
        self._groups = module.num_groups if self._theirs else module.groups

    def _tables(self) -> Tensor:
        """(G, K, d), or (1, K, d) where groups share them."""
        flat = (self.module.codevectors if self._theirs else self.module.vars).detach()
        return flat.view(-1, self.module.num_vars, flat.shape[-1])

    def levels(self) -> Sequence[RecordLevel]:
        _, codes, dim = self._tables().shape
        return [RecordLevel(name, codes, dim, source=self.place()) for name in names_of_levels(self._groups, "group")]

    def vectors(self, level: int) -> Tensor | None:
        tables = self._tables()
        return tables[min(level, len(tables) - 1)]

    def read(self, output: Any) -> tuple[Sequence[Tensor], Tensor, Mapping[str, Tensor], int]:
        quantized = output[0] if self._theirs else output["x"]
        channels = -1 if self._theirs or self.module.time_first else 1
        parts = quantized.detach().movedim(channels, -1).flatten(0, -2).float().chunk(self._groups, dim=-1)
        tables = [self.vectors(number).float() for number in range(self._groups)]
        return [nearest_code(z, table) for z, table in zip(parts, tables, strict=True)], quantized, {}, channels


class SingleAttachment(GumbelAttachment):
    """One table; where its codes are mixed (`straight_through=False`), the code of most weight is told."""

    def levels(self) -> Sequence[RecordLevel]:
        codes, dim = self.module.embed.weight.shape
        return [RecordLevel("", codes, dim, source=self.place())]

    def vectors(self, level: int) -> Tensor | None:
        return self.module.embed.weight.detach()

    def read(self, output: Any) -> tuple[Sequence[Tensor], Tensor, Mapping[str, Tensor], int]:
        indices = output[2][2] if isinstance(output[2], tuple) else output[2]
        if getattr(self.module, "remap", None) is not None:
            indices = self.module.unmap_to_all(indices)
        return [indices], output[0], {"kl_to_uniform": output[1]}, 1
