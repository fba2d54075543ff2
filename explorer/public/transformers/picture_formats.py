"""Formats of picture tokenizers in the Hub's folders that are not of the convolutional family: Emu3 and FLAVA's."""

from __future__ import annotations

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header
from explorer.public.transformers.folder import FolderFormat, whole, wholes


class Emu3Format(FolderFormat):
    """Mostly within the language model's shards, of which only the tokenizer's tensors are read."""

    title = "Emu3"
    modality = "image"
    model_type = "emu3_vqgan"
    codec = "explorer.public.transformers.emu3:Emu3Codec"
    fingerprint = "quantize.embedding.weight"
    telling = ("encoder.down_block.down.0.block.0.conv1.", "quant_conv.conv.", fingerprint)

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        size, dim = self.shape(header, self.fingerprint)
        frames = whole(config, "temporal_downsample_factor", 4, most=64)
        factor = 2 ** (len(wholes(config, "channel_multiplier", (1, 2, 2, 4))) - 1)
        if frames & (frames - 1):
            raise CheckpointError(f"config.json: temporal_downsample_factor is {frames}; a power of 2 was expected.")
        return TokenizerSpec(
            id="",
            title="Emu3 VisionTokenizer",
            summary=f"{size:,} codes of {dim} numbers, one for {factor} x {factor} pixels; also made for video.",
            modality="image",
            quantizer="vq",
            codebook_size=size,
            codebook_dim=dim,
            num_quantizers=1,
            combination="single",
            downsampling=factor,
            parameters=self.parameters(header),
            licence="",
            source="hub",
        )


class FlavaFormat(FolderFormat):
    title = "FLAVA image codebook"
    modality = "image"
    model_type = "flava_image_codebook"
    architecture = "FlavaImageCodebook"
    codec = "explorer.public.transformers.flava:FlavaCodec"
    fingerprint = "blocks.output.conv.weight"
    telling = ("blocks.group_1.group.block_1.res_path.path.conv_1.", fingerprint)

    def describe(self, header: Header) -> TokenizerSpec:
        size, dim, *_ = self.shape(header, self.fingerprint, axes=4)
        return TokenizerSpec(
            id="",
            title="FLAVA image codebook (DALL-E dVAE encoder)",
            summary=f"{size:,} codes, one for 8 x 8 pixels, made at 112 x 112. It has no decoder.",
            modality="image",
            quantizer="gumbel",
            codebook_size=size,
            codebook_dim=dim + 1,  # the bias of a code's logit goes along
            num_quantizers=1,
            combination="single",
            downsampling=8,
            parameters=self.parameters(header),
            licence="",
            decodes=False,
            source="hub",
        )


EMU3 = Emu3Format("emu3", "model.vqmodel.", "vq_config")
EMU3_OLDER = Emu3Format("emu3-older", "vqmodel.", "vq_config")
EMU3_ALONE = Emu3Format("emu3-alone")
FLAVA_CODEBOOK = FlavaFormat("flava-codebook")
FLAVA_CODEBOOK_IN_FLAVA = FlavaFormat("flava-codebook-in-flava", "image_codebook.", "image_codebook_config")
