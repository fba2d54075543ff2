"""How Cosmos tokenizers lie in files: encoder.jit and decoder.jit, autoencoder.jit, or the same tensors in one file.

The archives are of TorchScript; their tensors are read and their code is never run.
"""

from __future__ import annotations

import re
from abc import abstractmethod

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.convvq.names import canonical
from explorer.public.convvq.plan import need, read_trunk
from explorer.public.format import Format
from explorer.public.header import Header

LATTICES = {6: (8, 8, 8, 5, 5, 5)}  # dimensions of the code -> levels, of all that were published
HALVES = r"^(?:encoder|decoder)\.(?=(?:encoder|decoder|quant_conv|post_quant_conv|quantizer|inv_quant)\.)"
DERIVED = re.compile(r"^(inv_quant|quantizer)\.|patcher(3d)?\.")  # buffers that follow from the configuration


def plain(key: str) -> str | None:
    """A key without the name of its file; None for what TorchScript keeps of wavelets and lattice."""
    key = re.sub(HALVES, "", key.removeprefix("module."))
    return None if DERIVED.search(key) else key


class Cosmos(Format):
    """What DI and DV share."""

    axes: int  # of the weights of convolutions
    first: str  # the key of the encoder's first convolution
    codes: str  # the key of the convolution that gives the codes

    def recognises(self, header: Header) -> bool:
        shapes = self._shapes(header)
        first, codes = shapes.get(self.first, ()), shapes.get(self.codes, ())
        return len(first) == len(codes) == self.axes and self._splits(first[1]) > 0

    def _shapes(self, header: Header) -> dict[str, tuple[int, ...]]:
        return {name: info.shape for key, info in header.tensors.items() if (name := self.rename(key))}

    def _both_halves(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Raise CheckpointError for encoder.jit alone."""
        if not any(name.startswith("decoder.") for name in shapes):
            raise CheckpointError(
                f"This is the encoder of {self.title} alone. Put encoder.jit and decoder.jit side by side under these "
                "names, and open either; or open autoencoder.jit."
            )

    def _splits(self, channels: int) -> int:
        """Times that the wavelets halved all axes, from the channels that they leave; 0 where they did not."""
        bands = 2 ** (self.axes - 2)
        splits, left = 0, channels / 3
        while left > 1:
            splits, left = splits + 1, left / bands
        return splits if left == 1 else 0

    def _levels(self, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
        """The levels of the lattice. Raises CheckpointError for the continuous relatives and for unknown lattices."""
        dim = need(shapes, self.codes, self.axes)[0]
        if dim not in LATTICES:
            known = ", ".join(map(str, LATTICES))
            raise CheckpointError(
                f"This Cosmos tokenizer has latents of {dim} dimensions; those with codes have {known}. "
                "The continuous ones (CI, CV) have no tokens to show."
            )
        return LATTICES[dim]

    def _spec(self, header: Header, levels: tuple[int, ...], downsampling: int, **more: object) -> TokenizerSpec:
        size = 1
        for count in levels:
            size *= count
        return TokenizerSpec(
            id="",
            modality=self.modality,
            quantizer="fsq",
            codebook_size=size,
            codebook_dim=len(levels),
            num_quantizers=1,
            combination="single",
            downsampling=downsampling,
            parameters=sum(info.count for key, info in header.tensors.items() if self.rename(key)),
            licence="not stated",
            **more,
        )

    @abstractmethod
    def describe(self, header: Header) -> TokenizerSpec: ...


class CosmosDi(Cosmos):
    """nvidia/Cosmos-0.1-Tokenizer-DI8x8 and -DI16x16."""

    id, title, modality = "cosmos-di", "Cosmos DI", "image"
    axes, first, codes = 4, "encoder.conv_in.weight", "quant_conv.weight"

    def rename(self, key: str) -> str | None:
        name = plain(key)
        return None if name is None else canonical(name)

    def describe(self, header: Header) -> TokenizerSpec:
        shapes = self._shapes(header)
        self._both_halves(shapes)
        levels, (halved, _) = self._levels(shapes), self._resampled(shapes)
        side = 2 ** (self._splits(shapes[self.first][1]) + len(halved))
        title = f"{self.title} {side}x{side}"
        summary = f"{side} x {side} pixels a token, through Haar wavelets and a lattice of {len(levels)} axes."
        return self._spec(header, levels, side, title=title, summary=summary)

    def build(self, header: Header) -> object:
        from explorer.public.cosmos.image import CosmosImage, CosmosImageConfig  # torch

        shapes = self._shapes(header)
        config = CosmosImageConfig(
            read_trunk(shapes, "encoder"),
            read_trunk(shapes, "decoder"),
            *self._resampled(shapes),
            self._splits(shapes[self.first][1]),
            self._levels(shapes),
        )
        return CosmosImage(config)

    def _resampled(self, shapes: dict[str, tuple[int, ...]]) -> tuple[frozenset[int], frozenset[int]]:
        """Levels that halve, of the encoder, and that double, of the decoder."""
        halved, doubled = (
            frozenset(int(match[1]) for name in shapes if (match := re.match(pattern, name)))
            for pattern in (r"encoder\.down\.(\d+)\.downsample\.", r"decoder\.up\.(\d+)\.upsample\.")
        )
        if len(halved) != len(doubled):
            raise CheckpointError(
                f"The encoder halves {len(halved)} times and the decoder doubles {len(doubled)} times."
            )
        return halved, doubled


COSMOS_DI = CosmosDi()
