"""ConvVQ: encoder, codes and decoder of the convolutional family behind the interface `Codec`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from torch import Tensor, nn

from explorer.joints.record import Codebook, TokenLayout
from explorer.public.convvq.codes import (
    Codes,
    CosineCodes,
    LogitCodes,
    ProductCodes,
    ProjectedCodes,
    ResidualCodes,
    SignCodes,
)
from explorer.public.convvq.family import Family
from explorer.public.convvq.layers import convolution
from explorer.public.convvq.scales import ScaleCodes
from explorer.public.convvq.trunk import Decoder, Encoder
from explorer.tokenizers.codec import Codec, CodecLevel

SEARCHES: dict[str, type[Codes]] = {
    "nearest": Codes,
    "cosine": CosineCodes,
    "dot": ProductCodes,
    "logits": LogitCodes,
    "signs": SignCodes,
    "projected": ProjectedCodes,
    "residual": ResidualCodes,
    "scales": ScaleCodes,
}


class ConvVQ(Codec):
    """Any model of the family. Every group norm looks at the whole picture, so a token reaches everywhere, slightly."""

    token_reach = None
    searched = ("codes",)

    def __init__(self, family: Family) -> None:
        super().__init__()
        self.family = family
        self.encoder = Encoder(family.encoder)
        self.decoder = Decoder(family.decoder) if family.decoder is not None else None
        self.quant_conv = convolution(*family.quant) if family.quant else None
        self.post_quant_conv = convolution(*family.post) if family.post else None
        self.codes = SEARCHES[family.search](family)

    def ready(self) -> None:
        self.codes.ready()

    def latents(self, media: Tensor) -> Tensor:
        low, high = self.family.low, self.family.high
        z = self.encoder(media * (high - low) + low)
        return z if self.quant_conv is None else self.quant_conv(z)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return self.codes.stages(latents)

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return self.codes.embed(level, indices, kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        low, high = self.family.low, self.family.high
        codes = reduce(Tensor.add, embedded).to(self.decoder.conv_in.weight.dtype)
        z = codes if self.post_quant_conv is None else self.post_quant_conv(codes)
        return (self.decoder(z, codes) - low) / (high - low)

    def codebooks(self) -> tuple[Codebook, ...]:
        return self.codes.codebooks()

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        if not self.family.scales:
            return super().layouts(extent)
        return tuple(TokenLayout("grid2d", (side, side), extent) for side in self.family.scales)


def build(family: Family) -> nn.Module:
    """The codec, on whatever device torch makes tensors on."""
    return ConvVQ(family)
