"""How ViT-VQGAN lies in files: a Lightning checkpoint with `state_dict`, losses beside the tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.format import Format
from explorer.public.header import Header
from explorer.public.vit.shapes import count_parts, shape_of, square_side

if TYPE_CHECKING:
    from explorer.public.vit.vitvqgan import VitSide, VitVqganCodec

KEPT = ("encoder.", "decoder.", "quantizer.", "pre_quant.", "post_quant.")


class VitVqgan(Format):
    """thuanz123/enhancing-transformers: small and base, 256 px, 8 x 8 pixels a token, 8,192 codes of 32 dimensions."""

    id, title, modality = "vit-vqgan", "ViT-VQGAN", "image"

    def recognises(self, header: Header) -> bool:
        return {"encoder.en_pos_embedding", "decoder.de_pos_embedding", "pre_quant.weight"} <= set(header.tensors)

    def rename(self, key: str) -> str | None:
        return key if key.startswith(KEPT) else None  # a loss with its discriminator and its perceptual network

    def describe(self, header: Header) -> TokenizerSpec:
        patch, grid = self._places(header)
        size, dim = shape_of(header, "quantizer.embedding.weight", 2, self.title)
        return TokenizerSpec(
            id="",
            title=self.title,
            summary=f"{patch} x {patch} pixels a token, transformers both ways, codes compared by direction.",
            modality="image",
            quantizer="vq",
            codebook_size=size,
            codebook_dim=dim,
            num_quantizers=1,
            combination="single",
            downsampling=patch,
            parameters=sum(info.count for key, info in header.tensors.items() if self.rename(key)),
            licence="not stated",
            fixed_size=(patch * grid, patch * grid),
        )

    def build(self, header: Header) -> VitVqganCodec:
        from explorer.public.vit.vitvqgan import VitVqganCodec, VitVqganConfig  # torch

        size, dim = shape_of(header, "quantizer.embedding.weight", 2, self.title)
        sides = [self._side(header, side) for side in ("encoder", "decoder")]
        config = VitVqganConfig(*self._places(header), size, dim, *sides)
        return VitVqganCodec(config)

    def _side(self, header: Header, side: str) -> VitSide:
        from explorer.public.vit.vitvqgan import VitSide  # torch

        prefix = f"{side}.transformer.layers."
        rows, width = shape_of(header, f"{prefix}0.0.fn.to_qkv.weight", 2, self.title)
        inside = shape_of(header, f"{prefix}0.1.fn.net.0.weight", 2, self.title)[0]
        return VitSide(width, count_parts(header.tensors, prefix), rows // 3, inside)

    def _places(self, header: Header) -> tuple[int, int]:
        """Pixels a side of a patch, and patches a side of a picture."""
        patch = shape_of(header, "encoder.to_patch_embedding.0.weight", 4, self.title)[2]
        places = shape_of(header, "encoder.en_pos_embedding", 3, self.title)[1]
        if header.shape("decoder.de_pos_embedding")[1:2] != (places,):
            raise CheckpointError(
                f"encoder.en_pos_embedding has {places} places and decoder.de_pos_embedding has shape "
                f"{header.shape('decoder.de_pos_embedding')}; as many were expected."
            )
        return patch, square_side(places, "encoder.en_pos_embedding")


VIT_VQGAN = VitVqgan()
