"""How BSQ-ViT lies in files: a training checkpoint with `state_dict`, whose keys begin with `module.`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.format import Format
from explorer.public.header import Header
from explorer.public.vit.shapes import count_parts, shape_of, square_side

if TYPE_CHECKING:
    from explorer.public.vit.bsqvit import BsqVitCodec

SIDES = ("encoder", "decoder")
MOST_BITS = 62  # an index is a signed number of 64 bits


class BsqVit(Format):
    """Pictures of 128 or 256 px with 18 or 36 bits a token. Its models of clips were not published."""

    id, title, modality = "bsq-vit", "BSQ-ViT", "image"

    def recognises(self, header: Header) -> bool:
        return {"quant_embed.weight", "post_quant_embed.weight", "encoder.conv1.weight"} <= set(header.tensors)

    def rename(self, key: str) -> str | None:
        return None if key.startswith("quantize.") else key  # powers of two, for indices

    def describe(self, header: Header) -> TokenizerSpec:
        self._refuse_others(header)
        bits, patch, grid = self._places(header)
        return TokenizerSpec(
            id="",
            title=f"{self.title}, {bits} bits",
            summary=f"{patch} x {patch} pixels a token, the signs of a latent on the sphere: 2^{bits} codes.",
            modality="image",
            quantizer="bsq",
            codebook_size=2**bits,
            codebook_dim=bits,
            num_quantizers=1,
            combination="single",
            downsampling=patch,
            parameters=sum(info.count for key, info in header.tensors.items() if self.rename(key)),
            licence="not stated",
            fixed_size=(patch * grid, patch * grid),
        )

    def build(self, header: Header) -> BsqVitCodec:
        from explorer.public.vit.bsqvit import BsqVitCodec, BsqVitConfig  # torch

        bits, patch, grid = self._places(header)
        hidden, output = (
            header.shape("decoder.ffn.0.weight"),
            shape_of(header, "decoder.conv_out.weight", 2, self.title),
        )
        config = BsqVitConfig(
            patch,
            grid,
            bits,
            width=tuple(self._shape(header, f"{side}.positional_embedding")[1] for side in SIDES),
            layers=tuple(count_parts(header.tensors, f"{side}.transformer.resblocks.") for side in SIDES),
            inside=tuple(self._shape(header, f"{side}.transformer.resblocks.0.mlp.c_fc.weight")[0] for side in SIDES),
            hidden=hidden[0] if hidden else 0,
            laplace=output[0] == 6 * patch**2,
        )
        return BsqVitCodec(config)

    def _refuse_others(self, header: Header) -> None:
        if "encoder.temporal_positional_embedding" in header.tensors:
            raise CheckpointError("This BSQ-ViT is of clips, for which no file was published to check against.")
        if "quantize.embedding.weight" in header.tensors:
            raise CheckpointError(
                "This is the VQ variant of BSQ-ViT, whose distance is in no file; only spherical codes are loaded."
            )

    def _shape(self, header: Header, key: str) -> tuple[int, ...]:
        return shape_of(header, key, 2, self.title)

    def _places(self, header: Header) -> tuple[int, int, int]:
        """Bits of a code, pixels a side of a patch, patches a side of a picture."""
        bits = self._shape(header, "quant_embed.weight")[0]
        if not 1 <= bits <= MOST_BITS:
            raise CheckpointError(f"quant_embed.weight gives {bits} bits; 1 to {MOST_BITS} were expected.")
        values = self._shape(header, "encoder.conv1.weight")[1]
        if values % 3:
            raise CheckpointError(f"encoder.conv1.weight takes {values} values a patch; three colours were expected.")
        patch = square_side(values // 3, "encoder.conv1.weight")
        positions = self._shape(header, "encoder.positional_embedding")[0]
        return bits, patch, square_side(positions, "encoder.positional_embedding")


BSQ_VIT = BsqVit()
