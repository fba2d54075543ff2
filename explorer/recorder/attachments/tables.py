"""The VQ modules of transformers (read for 5.23): an embedding that is searched (Chameleon, Emu3, Janus, GLM-Image,
DAC), or a EuclideanCodebook (Encodec, Mimi, X-Codec, Higgs Audio), which is asked by `quantize` and not by forward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

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

PACKAGE = "transformers"
EMBEDDINGS = {  # class -> axis of the channels in what it takes
    "ChameleonVQVAEVectorQuantizer": 1,
    "JanusVQVAEVectorQuantizer": 1,
    "GlmImageVQVAEVectorQuantizer": 1,
    "Emu3VQVAEVectorQuantizer": 2,
    "DacVectorQuantize": 1,
}
COSINE = ("GlmImageVQVAEVectorQuantizer", "DacVectorQuantize")
SEARCHED = (
    "EncodecEuclideanCodebook",
    "MimiEuclideanCodebook",
    "XcodecEuclideanCodebook",
    "HiggsAudioV2TokenizerEuclideanCodebook",
)
HOLDERS = (
    "DacResidualVectorQuantizer",
    "EncodecResidualVectorQuantizer",
    "MimiResidualVectorQuantizer",
    "XcodecResidualVectorQuantization",
    "HiggsAudioV2TokenizerResidualVectorQuantization",
)


def attach(module: nn.Module) -> Attachment | None:
    """Of a VQ module of transformers, or what holds several of them."""
    if comes_from(module, PACKAGE, *EMBEDDINGS, *SEARCHED, *HOLDERS):
        return TableAttachment(module)
    return None


class TableAttachment(Attachment):
    """A level for each table."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(module)
        self._tables = [part for part in module.modules() if comes_from(part, PACKAGE, *EMBEDDINGS, *SEARCHED)]
        self._names = names_of_levels(len(self._tables))

    def _weight(self, number: int) -> Tensor:
        table = self._tables[number]
        if comes_from(table, PACKAGE, "DacVectorQuantize"):
            return table.codebook.weight
        return table.embedding.weight if hasattr(table, "embedding") else table.embed

    def levels(self) -> Sequence[RecordLevel]:
        levels = []
        for number, (name, table) in enumerate(zip(self._names, self._tables, strict=True)):
            codes, dim = self._weight(number).shape
            metric = "cosine" if comes_from(table, PACKAGE, *COSINE) else "euclidean"
            levels.append(RecordLevel(name, codes, dim, metric, source=self.place()))
        return levels

    def vectors(self, level: int) -> Tensor | None:
        weight = self._weight(level).detach()
        return normalize(weight, dim=-1) if comes_from(self._tables[level], PACKAGE, *COSINE) else weight

    def listen(self, to: Listener) -> None:
        for number, table in enumerate(self._tables):
            if comes_from(table, PACKAGE, *SEARCHED):
                self._handles.append(Patch(table, "quantize", self._quantize(number, table, to)))
            else:
                self._handles.append(table.register_forward_pre_hook(Hook(lambda *_: to.begin())))
                self._handles.append(table.register_forward_hook(Hook(self._hook(number, to)), with_kwargs=True))

    @staticmethod
    def _quantize(number: int, table: nn.Module, to: Listener) -> Any:
        method = table.quantize

        def quantize(hidden_states: Tensor) -> Tensor:
            to.begin()
            indices = method(hidden_states)  # (N,) of (N, d)
            to.see(number, indices, lambda: hidden_states.detach())
            return indices

        return quantize

    def _hook(self, number: int, to: Listener) -> Any:
        cosine = comes_from(self._tables[number], PACKAGE, *COSINE)
        dac = comes_from(self._tables[number], PACKAGE, "DacVectorQuantize")
        axis = next(
            EMBEDDINGS[kind.__name__] for kind in type(self._tables[number]).__mro__ if kind.__name__ in EMBEDDINGS
        )

        def after(table: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            given = first_tensor(args, kwargs)
            if given is None:
                return
            indices = output if isinstance(output, Tensor) else output[3 if dac else 2]
            source = output[4] if dac else given

            def latents() -> Tensor:
                z = source.detach().movedim(axis, -1).flatten(0, -2)
                return normalize(z, dim=-1) if cosine else z

            to.see(number, indices, latents)
            if not isinstance(output, Tensor) and len(self._tables) == 1:
                losses = {"commitment": output[1], "codebook": output[2]} if dac else {"quantizer": output[1]}
                to.see_sides(given, output[0], losses, axis)

        return torch.compiler.disable(after)
