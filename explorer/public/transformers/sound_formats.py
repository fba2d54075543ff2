"""Formats of sound tokenizers in the Hub's folders: recognised by model_type, described by config and shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header
from explorer.public.transformers.folder import FolderFormat, between, each_second, largest, whole, wholes

TRAINED = (".codebook.inited", ".codebook.embed_avg")  # what training keeps beside a table of codes
# Ratios of the published DACs -> samples by which their sound comes late. At an odd ratio the published decoder cuts a
# sample more from the start than at an even one, which the ratios after it (4 and 2) make 8: 8 early at 16 and 24 kHz,
# 0 at 44.1 kHz, as was measured on the published weights (README of codecscope 0.1.0, on PyPI;
# github.com/descriptinc/descript-audio-codec/issues/118).
DAC_DELAYS = {(2, 4, 5, 8): -8, (2, 4, 8, 8): 0}


class SoundFormat(FolderFormat):
    """Tokens in a row, `hop` samples each."""

    modality = "audio"

    def spec(
        self, header: Header, quantizer: str, table: tuple[int, ...], levels: int, rate: int, hop: int
    ) -> TokenizerSpec:
        size, dim = table
        name = f"{self.title} {rate / 1000:g} kHz"
        each, bits = each_second(rate, hop), levels * math.log2(size) * rate / hop / 1000
        codes = f"{levels} levels of {size:,} codes" if levels > 1 else f"{size:,} codes"
        return TokenizerSpec(
            id="",
            title=name,
            summary=f"{codes}, {each} times a second: {bits:.4g} kbit/s.",
            modality="audio",
            quantizer=quantizer,
            codebook_size=size,
            codebook_dim=dim,
            num_quantizers=levels,
            combination="sum" if levels > 1 else "single",
            downsampling=hop,
            parameters=self.parameters(header),
            licence="",
            layout="sequence",
            sample_rate_hz=rate,
            shortest=hop,
            source="hub",
        )

    def levels_of_rate(self, config: Mapping[str, object], size: int, rate: int, hop: int, default: float) -> int:
        """The levels of `size` codes that the highest bandwidth of config.json (kbit/s) has room for."""
        bits_each = math.ceil(math.log2(size)) * math.ceil(rate / hop)
        return int(1000 * largest(config, "target_bandwidths", default) // max(bits_each, 1))


class EncodecFormat(SoundFormat):
    title = "EnCodec"
    model_type = "encodec"
    fingerprint = "quantizer.layers."
    telling = ("encoder.layers.0.conv.", "quantizer.layers.0.codebook.embed")
    codec = "explorer.public.transformers.encodec:EncodecCodec"
    weight_norm = True
    unkept = TRAINED

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        rate, hop = whole(config, "sampling_rate", 24_000), math.prod(wholes(config, "upsampling_ratios", (8, 5, 4, 2)))
        table = self.shape(header, "quantizer.layers.0.codebook.embed")
        asked = self.levels_of_rate(config, table[0], rate, hop, 24.0)
        levels = self.expect_levels(asked, self.levels(header, "quantizer.layers.", ".codebook.embed"))
        channels = whole(config, "audio_channels", 1, most=2)
        between(config, "chunk_length_s", 0.1, 60.0), between(config, "overlap", 0.0, 0.5)  # few chunks, none empty
        return replace(self.spec(header, "rvq", table, levels, rate, hop), channels=channels)


class DacFormat(SoundFormat):
    title = "DAC"
    model_type = "dac"
    fingerprint = "quantizer.quantizers."
    telling = ("encoder.block.0.res_unit1.", "quantizer.quantizers.0.codebook.weight")
    codec = "explorer.public.transformers.dac:DacCodec"

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        rate, ratios = whole(config, "sampling_rate", 16_000), wholes(config, "downsampling_ratios", (2, 4, 8, 8))
        table = self.shape(header, "quantizer.quantizers.0.codebook.weight")
        found = self.levels(header, "quantizer.quantizers.", ".codebook.weight")
        levels = self.expect_levels(whole(config, "n_codebooks", 9), found)
        spec = self.spec(header, "rvq", table, levels, rate, math.prod(ratios))
        return replace(spec, delay_samples=DAC_DELAYS.get(tuple(ratios)))


class MimiFormat(SoundFormat):
    """Its files keep an older order of names than the library's model has today."""

    title = "Mimi"
    model_type = "mimi"
    fingerprint = "quantizer.semantic_residual_vector_quantizer."
    telling = (fingerprint,)
    codec = "explorer.public.transformers.mimi:MimiCodec"
    unkept = (".codebook.initialized",)
    moved = (
        ("encoder.layers.", "encoder.encoder_seanet.layers."),
        ("encoder_transformer.", "encoder.encoder_transformer."),
        ("downsample.", "encoder.downsample."),
        ("decoder.layers.", "decoder.decoder_seanet.layers."),
        ("decoder_transformer.", "decoder.decoder_transformer."),
        ("upsample.", "decoder.upsample."),
    )

    def resembles(self, header: Header) -> bool:
        # Its encoder is EnCodec's but for norms: without the tables of either, it may be that of both.
        whole, normed = (f"{self.prefix}encoder.layers.0.{name}.weight" for name in ("conv", "norm"))
        tables = any(key.startswith(f"{self.prefix}quantizer.") for key in header.tensors)
        return super().resembles(header) or (whole in header.tensors and normed not in header.tensors and tables)

    def rename(self, key: str) -> str | None:
        name = super().rename(key)
        if name is None:
            return None
        name = name.removeprefix("model.")
        for old, new in self.moved:
            if name.startswith(old):
                name = new + name.removeprefix(old)
                break
        return f"model.{name}"

    def describe(self, header: Header) -> TokenizerSpec:
        config = self.config(header)
        rate = whole(config, "sampling_rate", 24_000)
        inner = math.prod(wholes(config, "upsampling_ratios", (8, 6, 5, 4)))
        kinds = [f"quantizer.{kind}_residual_vector_quantizer.layers." for kind in ("semantic", "acoustic")]
        found = [self.levels(header, before, ".codebook.embed_sum") for before in kinds]
        asked = whole(config, "num_quantizers", 32)
        self.expect_levels(whole(config, "num_semantic_quantizers", 1), found[0])
        levels = self.expect_levels(asked, sum(found))
        table = self.shape(header, f"{kinds[0]}0.codebook.embed_sum")
        moved = "encoder.downsample.conv.weight"  # as the library names it today
        halving_kernel = moved if self.prefix + moved in header.tensors else "downsample.conv.weight"
        halving = max(1, self.shape(header, halving_kernel, axes=3)[2] // 2)  # a kernel is twice its stride
        spec = self.spec(header, "rvq", table, levels, rate, inner * halving)
        words = f"{found[0]} semantic and {found[1]} acoustic levels, each kind a quantizer of the same latents. "
        return replace(spec, summary=words + spec.summary)


ENCODEC = EncodecFormat("encodec")
DAC = DacFormat("dac")
MIMI = MimiFormat("mimi")
ENCODEC_IN_MUSICGEN = EncodecFormat("encodec-in-musicgen", "audio_encoder.", "audio_encoder")
ENCODEC_IN_BARK = EncodecFormat("encodec-in-bark", "codec_model.", "codec_config")
MIMI_IN_MOSHI = MimiFormat("mimi-in-moshi", "audio_encoder.", "audio_encoder_config")
MIMI_IN_CSM = MimiFormat("mimi-in-csm", "codec_model.", "codec_config")
