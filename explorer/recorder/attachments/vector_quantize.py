"""vector-quantize-pytorch: what has codebooks of vectors (VectorQuantize, residual, grouped, with heads; SimVQ).

Read for version 1.32. Its `Codebook` is listened to, which is given latents as they are compared (after projection,
split into heads, of unit length for cosine), and whose `replace` tells exactly which codes expired and where they went.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from explorer.joints.files.recording import RecordLevel
from explorer.recorder.attachments.attachment import (
    Attachment,
    Hook,
    Listener,
    Patch,
    comes_from,
    first_tensor,
    names_of_levels,
)

PACKAGE = "vector_quantize_pytorch"
OUTER = ("VectorQuantize", "ResidualVQ", "GroupedResidualVQ", "HierarchicalVQ")
SIMPLE = ("SimVQ", "ResidualSimVQ")


def attach(module: nn.Module) -> Attachment | None:
    """Of a VectorQuantize, a ResidualVQ, a SimVQ and those that hold several."""
    if comes_from(module, PACKAGE, *OUTER):
        return CodebookAttachment(module)
    return SimAttachment(module) if comes_from(module, PACKAGE, *SIMPLE) else None


def channel_axis(module: nn.Module, given: Tensor) -> int:
    """Where the values of one latent lie in what the module takes."""
    first = getattr(module, "accept_image_fmap", False) or getattr(module, "accept_3d_fmap", False)
    first = first or getattr(module, "channel_first", False) or not getattr(module, "channel_last", True)
    return 1 if first and given.ndim > 2 else -1


def listen_to_sides(attachment: Attachment, to: Listener) -> list[Any]:
    """Hooks on a whole quantizer that returns (quantized, indices, loss) or (quantized, indices)."""

    def before(*_: Any) -> None:
        to.begin()

    def after(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        given = first_tensor(args, kwargs)
        if given is None or not isinstance(output, tuple) or not isinstance(output[0], Tensor):
            return
        loss = output[2] if len(output) > 2 else None
        losses = {"quantizer": loss} if isinstance(loss, Tensor) and loss.is_floating_point() else {}
        to.see_sides(given, output[0], losses, channel_axis(module, given))

    return [
        attachment.module.register_forward_pre_hook(Hook(before)),
        attachment.module.register_forward_hook(Hook(after), with_kwargs=True),
    ]


class CodebookAttachment(Attachment):
    """A level for each layer and, where heads have codebooks of their own, each head."""

    reports_reseeds = True

    def __init__(self, module: nn.Module) -> None:
        super().__init__(module)
        layers = [part for part in module.modules() if comes_from(part, PACKAGE, "VectorQuantize")]
        groups = [part for part in module.modules() if comes_from(part, PACKAGE, "ResidualVQ")]
        heads = [len(layer._codebook.embed) for layer in layers]
        self._places = [(layer, head) for layer, many in zip(layers, heads, strict=True) for head in range(many)]
        self._first = {id(layer): sum(heads[:number]) for number, layer in enumerate(layers)}
        self._names = self._name(layers, len(groups) if len(groups) > 1 else 1)
        self._layer: dict[int, nn.Module] = {}  # of each codebook, the layer that is asking: they may share one

    def _name(self, layers: list[nn.Module], groups: int) -> list[str]:
        if len(layers) == 1:
            return names_of_levels(len(self._places), "group")  # heads
        if groups == 1:
            return names_of_levels(len(self._places))
        each = len(self._places) // groups
        return [f"group {i // each + 1}, level {i % each + 1}" for i in range(len(self._places))]

    def levels(self) -> Sequence[RecordLevel]:
        return [
            RecordLevel(
                name,
                layer._codebook.embed.shape[1],
                layer._codebook.embed.shape[2],
                "cosine" if layer._codebook.use_cosine_sim else "euclidean",
                source=self.place(),
            )
            for name, (layer, _) in zip(self._names, self._places, strict=True)
        ]

    def vectors(self, level: int) -> Tensor | None:
        layer, head = self._places[level]
        book = layer._codebook
        embed = book.embed.detach()
        if getattr(book, "vq_bridge", None) is not None:
            embed = book.vq_bridge(embed)
        if book.affine_param and book.batch_mean is not None:
            scale = book.batch_variance.clamp(min=1e-5).sqrt() / book.codebook_variance.clamp(min=1e-5).sqrt()
            embed = (embed - book.codebook_mean) * scale + book.batch_mean
        return embed[head]

    def listen(self, to: Listener) -> None:
        self._handles += listen_to_sides(self, to)
        for layer in dict.fromkeys(layer for layer, _ in self._places):
            self._handles.append(layer.register_forward_pre_hook(Hook(self._note_layer)))
        for part in self.module.modules():
            if comes_from(part, PACKAGE, "ResidualVQ"):
                self._handles.append(part.register_forward_hook(Hook(self._hear_beam(to)), with_kwargs=True))
        for book in dict.fromkeys(layer._codebook for layer, _ in self._places):
            self._layer[id(book)] = next(layer for layer, _ in self._places if layer._codebook is book)
            self._handles.append(book.register_forward_hook(Hook(self._hook(to)), with_kwargs=True))
            self._handles.append(Patch(book, "replace", self._replace(book, to)))

    def _note_layer(self, layer: nn.Module, _: Any) -> None:
        self._layer[id(layer._codebook)] = layer

    def _hook(self, to: Listener) -> Any:
        def after(book: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            given, layer = first_tensor(args, kwargs), self._layer[id(book)]
            if given is None or kwargs.get("topk") is not None:  # see _hear_beam
                return
            in_place = layer.in_place_codebook_optimizer is not None and layer.training
            if in_place and kwargs.get("update_usage", True):  # it asks once more after its own step
                return
            indices = output[1] if given.ndim > 3 else output[1][None]  # (h, b, n)
            latents = given if given.ndim > 3 else given[None]  # (h, b, n, d)
            self._tell(to, layer, indices, latents, kwargs.get("mask"))

        return after

    def _tell(self, to: Listener, layer: nn.Module, indices: Tensor, latents: Tensor, mask: Tensor | None) -> None:
        """indices (h, b, n), latents (h, b, n, d); mask (b, n) of what is no padding."""
        if mask is not None:
            parts = indices[0].numel() // mask.numel()
            mask = mask[:, None].expand(-1, parts, -1).reshape(indices.shape[1:])
            indices = torch.where(mask, indices, -1)
        for head in range(len(indices)):
            to.see(self._first[id(layer)] + head, indices[head], lambda z=latents[head]: z.detach().flatten(0, -2))

    def _hear_beam(self, to: Listener) -> Any:
        """Of a search over a beam only what it returns is known to be chosen, and not what was compared."""

        def after(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            if (kwargs.get("beam_size") or module.beam_size or 1) < 2 or not module.training:
                return
            for number, layer in enumerate(module.layers):
                if number < output[1].shape[-1]:
                    to.see(self._first[id(layer)], output[1][..., number], None)

        return after

    def _replace(self, book: nn.Module, to: Listener) -> Any:
        """The method that gives expired codes new vectors, with a look at which these were: of more dead codes than
        latents it leaves some for later."""
        method = book.replace

        @torch.compiler.disable
        def replace(*args: Any, **kwargs: Any) -> None:  # versions differ in what it takes
            before = book.embed.detach().clone()  # (h, K, d)
            method(*args, **kwargs)
            expired = kwargs["batch_mask"] if "batch_mask" in kwargs else args[1]
            moved = (book.embed.detach() != before).any(-1) & expired  # (h, K); a NaN differs from itself
            layer = self._layer[id(book)]
            for head in range(len(moved)):
                to.see_reseeds(self._first[id(layer)] + head, moved[head], "expired")

        return replace


class SimAttachment(Attachment):
    """SimVQ: codes are a learned map of a frozen table, so all move together."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(module)
        self._layers = [part for part in module.modules() if comes_from(part, PACKAGE, "SimVQ")]
        self._names = names_of_levels(len(self._layers))
        self._dims: dict[int, int] = {}

    def levels(self) -> Sequence[RecordLevel]:
        for number in range(len(self._layers)):
            if number not in self._dims:
                self._dims[number] = self.vectors(number).shape[1]
        return [
            RecordLevel(name, len(layer.frozen_codebook), self._dims[number], source=self.place())
            for number, (name, layer) in enumerate(zip(self._names, self._layers, strict=True))
        ]

    @torch.no_grad()
    def vectors(self, level: int) -> Tensor | None:
        return self._layers[level].codebook

    def listen(self, to: Listener) -> None:
        self._handles += listen_to_sides(self, to)
        for number, layer in enumerate(self._layers):
            self._handles.append(layer.register_forward_hook(Hook(self._hook(number, to)), with_kwargs=True))

    @staticmethod
    def _hook(number: int, to: Listener) -> Any:
        def after(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            given = first_tensor(args, kwargs)
            if given is None:
                return
            axis = 1 if layer.channel_first else -1
            to.see(number, output[1], lambda: given.detach().movedim(axis, -1).flatten(0, -2))

        return after
