"""Formats of speech tokenizers in the Hub's folders: those that hear through a pretrained speech model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header
from explorer.public.transformers.folder import whole, wholes
from explorer.public.transformers.sound_formats import TRAINED, SoundFormat


class XcodecFormat(SoundFormat):
    title = "X-Codec"
    model_type = "xcodec"
    fingerprint = "quantizer.quantizers."
    telling = ("acoustic_encoder.", "quantizer.quantizers.0.codebook.embed")
    codec = "explorer.public.transformers.xcodec:XcodecCodec"
    unread = ("decoder_semantic.", "fc1.")  # they rebuild the speech model's features, in training only
    weight_norm = True
    unkept = TRAINED

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        acoustic = config.get("acoustic_model_config")
        acoustic = acoustic if isinstance(acoustic, Mapping) else {}
        rate = whole(config, "sample_rate", 16_000)
        hop = math.prod(wholes(acoustic, "downsampling_ratios", (8, 5, 4, 2)))
        table = self.shape(header, "quantizer.quantizers.0.codebook.embed")
        asked = self.levels_of_rate(config, table[0], rate, hop, 4.0)
        levels = self.expect_levels(asked, self.levels(header, "quantizer.quantizers.", ".codebook.embed"))
        return self.spec(header, "rvq", table, levels, rate, hop)


class Xcodec2Format(SoundFormat):
    title = "X-Codec2"
    model_type = "xcodec2"
    fingerprint = "quantizer.project_in."
    telling = ("acoustic_decoder.", "semantic_encoder.", fingerprint)
    codec = "explorer.public.transformers.xcodec2:Xcodec2Codec"

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        axes = wholes(config, "quantization_levels", (4,) * 8)
        if min(axes) < 2 or self.shape(header, "quantizer.project_in.weight")[0] != len(axes):
            shape = header.shape("quantizer.project_in.weight")
            raise CheckpointError(
                f"config.json: quantization_levels are {list(axes)}; values of 2 or more for the {shape[0]} axes of "
                "quantizer.project_in.weight were expected."
            )
        rate, hop = self.rate_and_hop(config)
        return self.spec(header, "fsq", (math.prod(axes), len(axes)), 1, rate, hop)

    def rate_and_hop(self, config: Mapping[str, object]) -> tuple[int, int]:
        """Of the medium, Hz and samples a token."""
        hop = math.prod(wholes(config, "downsampling_ratios", (2, 2, 4, 4, 5)))
        rate = whole(config, "sampling_rate", 16_000)
        if (rate, hop) != (16_000, 320):
            raise CheckpointError(f"{self.title} hears 320 samples a token at 16 kHz; here are {hop} at {rate} Hz.")
        return rate, hop


class NeuCodecFormat(Xcodec2Format):
    title = "NeuCodec"
    model_type = "neucodec"
    fingerprint = "quantizer.project_in."
    telling = ("acoustic_decoder.", "semantic_encoder.", fingerprint)
    codec = "explorer.public.transformers.xcodec2:NeuCodecCodec"

    def rate_and_hop(self, config: Mapping[str, object]) -> tuple[int, int]:
        heard = {**config, "sampling_rate": whole(config, "input_sampling_rate", 16_000)}
        super().rate_and_hop(heard)
        rate = whole(config, "output_sampling_rate", 24_000)
        if rate != 24_000:
            raise CheckpointError(f"{self.title} speaks at 24 kHz; config.json says {rate} Hz.")
        return rate, 480

    def describe(self, header: Header) -> TokenizerSpec:
        """Its speech model gives a token less than its extractor fills up."""
        return replace(super().describe(header), whole_tokens_only=True)


class Wav2Vec2Format(SoundFormat):
    """Of a pretraining checkpoint; those trained on for recognition no longer have the quantizer."""

    title = "wav2vec 2.0"
    model_type = "wav2vec2"
    fingerprint = "quantizer.weight_proj."
    telling = ("wav2vec2.feature_extractor.", fingerprint)
    codec = "explorer.public.transformers.wav2vec2:Wav2Vec2Codec"
    read = ("wav2vec2.feature_extractor.", "wav2vec2.feature_projection.layer_norm.", "quantizer.weight_proj.")

    def rename(self, key: str) -> str | None:
        return super().rename(key) if key.startswith(self.read) else None

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        strides = wholes(config, "conv_stride", (5, 2, 2, 2, 2, 2, 2))
        kernels = wholes(config, "conv_kernel", (10, 3, 3, 3, 3, 2, 2))
        groups, size = (
            whole(config, "num_codevector_groups", 2, most=64),
            whole(config, "num_codevectors_per_group", 320),
        )
        rows, dim = self.shape(header, "quantizer.weight_proj.weight")
        if rows != groups * size or len(strides) != len(kernels):
            raise CheckpointError(
                f"This looks like {self.title}, but quantizer.weight_proj.weight has {rows} rows for {groups} "
                f"groups of {size} codes, and {len(kernels)} kernels stand beside {len(strides)} strides."
            )
        first = 1  # samples that the first token needs
        for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
            first = (first - 1) * stride + kernel
        hop = math.prod(strides)
        spec = self.spec(header, "gumbel", (size, dim + 1), groups, 16_000, hop)
        combination = "concatenate" if groups > 1 else "single"
        words = f"{groups} groups of {size:,} codes, the targets of its training. It has no decoder."
        return replace(
            spec,
            title=self.title,
            summary=words,
            combination=combination,
            multiple=1,  # frames lie within the sound, as in the original: nothing needs to be filled up
            shortest=first,
            decodes=False,
        )


XCODEC = XcodecFormat("xcodec")
XCODEC2 = Xcodec2Format("xcodec2")
NEUCODEC = NeuCodecFormat("neucodec")
WAV2VEC2 = Wav2Vec2Format("wav2vec2")
