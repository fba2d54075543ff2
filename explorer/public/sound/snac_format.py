"""How SNAC lies in files: pytorch_model.bin (or safetensors) with config.json, as hubertsiuzdak/snac_24khz has them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header
from explorer.public.sound.normed_names import normed_name, normed_shape
from explorer.public.sound.seanet_config import MOST_STEPS
from explorer.public.transformers.folder import each_second, whole, wholes
from explorer.public.transformers.sound_formats import SoundFormat

if TYPE_CHECKING:
    from explorer.public.sound.snac import SnacCodec

FIRST = "encoder.block.0"
DEPTHWISE = "encoder.block.1.block.0.block.1"  # the first convolution of the first residual unit


@dataclass(frozen=True)
class SnacConfig:
    """strides: frames a token of each level; window: frames of one window of attention, 0 for none."""

    encoder_width: int
    encoder_rates: tuple[int, ...]
    decoder_width: int
    decoder_rates: tuple[int, ...]
    strides: tuple[int, ...]
    codebook_size: int
    codebook_dim: int
    window: int
    noise: bool
    depthwise: bool

    @property
    def latent_channels(self) -> int:
        return self.encoder_width * 2 ** len(self.encoder_rates)

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return math.prod(self.encoder_rates)

    @property
    def multiple(self) -> int:
        """Samples that every level and every window of attention divides."""
        return self.hop * math.lcm(*self.strides, self.window or 1)


class Snac(SoundFormat):
    """Widths and rates are read from shapes; the levels' strides and the window are in config.json alone."""

    id, title, library = "snac", "SNAC", ""

    def recognises(self, header: Header) -> bool:
        return "vq_strides" in header.config and self._keys(header)

    def resembles(self, header: Header) -> bool:
        inner = normed_shape(header, DEPTHWISE)
        return self._keys(header) and inner is not None and inner[1] == 1

    def _keys(self, header: Header) -> bool:
        return {f"{FIRST}.bias", "quantizer.quantizers.0.codebook.weight"} <= set(header.tensors)

    def rename(self, key: str) -> str | None:
        return normed_name(key)

    def build(self, header: Header) -> SnacCodec:
        from explorer.public.sound.snac import SnacCodec  # torch

        return SnacCodec(self._config(header))

    def describe(self, header: Header) -> TokenizerSpec:
        config, rate = self._config(header), whole(header.config, "sampling_rate", 44_100)
        levels, size, finest = len(config.strides), config.codebook_size, config.hop * config.strides[-1]
        spec = self.spec(header, "rvq", (size, config.codebook_dim), levels, rate, finest)
        each = ", ".join(each_second(rate, config.hop * stride) for stride in config.strides)
        bits = sum(math.log2(size) * rate / (config.hop * stride) for stride in config.strides) / 1000
        return replace(
            spec,
            summary=f"{levels} levels of {size:,} codes, {each} times a second: {bits:.3g} kbit/s.",
            multiple=config.multiple,
            shortest=config.multiple,
            source="file",
        )

    def _config(self, header: Header) -> SnacConfig:
        found = self.levels(header, "quantizer.quantizers.", ".codebook.weight")
        strides = wholes(header.config, "vq_strides", (8, 4, 2, 1))
        self.expect_levels(len(strides), found)
        if any(stride % finer for stride, finer in pairwise(strides)):
            raise CheckpointError(f"config.json: vq_strides is {list(strides)}; each was expected to divide the next.")
        size, dim = self.shape(header, "quantizer.quantizers.0.codebook.weight")
        encoder_rates = self._rates(header, "encoder.block.{}.block.4", 1)
        attention = [key for key in header.tensors if key.endswith(".to_qkv.weight")]
        window = whole(header.config, "attn_window_size", 32, 2**12) if attention else 0
        depthwise = self._normed(header, DEPTHWISE)[1] == 1
        first_up = 1 + depthwise + bool(attention)  # modules of the decoder before the first that widens
        decoder_rates = self._rates(header, "decoder.model.{}.block.1", first_up)
        if math.prod(encoder_rates) != math.prod(decoder_rates):
            raise CheckpointError(
                f"This looks like {self.title}, but its encoder goes down by {list(encoder_rates)} and its "
                f"decoder up by {list(decoder_rates)}."
            )
        return SnacConfig(
            encoder_width=self._normed(header, FIRST)[0],
            encoder_rates=encoder_rates,
            decoder_width=self._normed(header, f"decoder.model.{first_up}.block.1")[0],
            decoder_rates=decoder_rates,
            strides=strides,
            codebook_size=size,
            codebook_dim=dim,
            window=window,
            noise=normed_shape(header, f"decoder.model.{first_up}.block.2.linear") is not None,
            depthwise=depthwise,
        )

    def _rates(self, header: Header, name: str, start: int) -> tuple[int, ...]:
        """Strides of the convolutions of that name, counted from `start`: half the length of their kernels."""
        rates = []
        while (shape := normed_shape(header, name.format(start + len(rates)))) is not None:
            rates.append(shape[2] // 2)
        if not rates or min(rates) < 1 or len(rates) > MOST_STEPS:
            raise CheckpointError(f"This looks like {self.title}, but {name.format(start)} is not the one expected.")
        return tuple(rates)

    def _normed(self, header: Header, name: str) -> tuple[int, ...]:
        shape = normed_shape(header, name)
        if shape is None:
            raise CheckpointError(f"This looks like {self.title}, but the weight of {name} is missing.")
        return shape


SNAC = Snac("snac")
