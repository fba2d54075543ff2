"""DAC in its authors' own files: weights.pth of descriptinc/descript-audio-codec, with `state_dict` and `metadata`.

The network is that of the transformers library, with other names and no config.json: sizes are read from shapes, the
sample rate from `metadata`, where audiotools writes what the model was made with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header
from explorer.public.sound.normed_names import normed_shape
from explorer.public.sound.seanet_config import MOST_STEPS
from explorer.public.transformers.folder import WEIGHT_NORM, whole
from explorer.public.transformers.sound_formats import DAC_DELAYS, SoundFormat

if TYPE_CHECKING:
    from explorer.public.transformers.dac import NormedDacCodec

RATE = "metadata/kwargs/sample_rate"
PUBLISHED = {(512, 9): 44_100, (320, 32): 24_000, (320, 12): 16_000}  # (hop, levels) -> Hz
HUB = "descript/dac_16khz, descript/dac_24khz and descript/dac_44khz"
UNIT = {"0": "snake1", "1": "conv1", "2": "snake2", "3": "conv2"}  # parts of a residual unit
_UNIT = re.compile(r"(encoder\.block|decoder\.model)\.(\d+)\.block\.(\d+)\.block\.([0-3])\.(.+)")
_STEP = re.compile(r"(encoder\.block|decoder\.model)\.(\d+)\.block\.(\d+)\.(.+)")
_END = re.compile(r"(encoder\.block|decoder\.model)\.(\d+)\.(.+)")
_TABLE = re.compile(r"quantizer\.quantizers\.\d+\.(in_proj|out_proj|codebook)\..+")


class DacOriginal(SoundFormat):
    """Of the widths of 16, 24 and 44.1 kHz, and others of the same network."""

    id, title, library = "dac-original", "DAC's own file", ""

    def recognises(self, header: Header) -> bool:
        inner = normed_shape(header, "encoder.block.1.block.0.block.1")
        ends = ("encoder.block.0", "decoder.model.0", "quantizer.quantizers.0.in_proj")
        # SNAC has the same names; the first convolution of its residual units looks at each channel alone.
        return inner is not None and inner[1] > 1 and all(normed_shape(header, end) is not None for end in ends)

    def rename(self, key: str) -> str | None:
        name = _named(key)
        if name is None:
            return None
        for old, new in WEIGHT_NORM.items():
            if name.endswith(old):
                name = name.removesuffix(old) + new
        return f"model.{name}"

    def parameters(self, header: Header) -> int:
        """The lengths of the weights go once they are multiplied in."""
        lengths = (".weight_g", WEIGHT_NORM[".weight_g"])
        kept = {key: info for key, info in header.tensors.items() if self.rename(key) and not key.endswith(lengths)}
        return sum(info.count for info in kept.values())

    def describe(self, header: Header) -> TokenizerSpec:
        config, said = self.config(header), ""
        rate, hop = whole(config, "sampling_rate", 0), math.prod(config["downsampling_ratios"])  # type: ignore[arg-type]
        if RATE not in header.scalars:
            said = " The file states no sample rate: it is that of the published model of these sizes."
        table = (config["codebook_size"], config["codebook_dim"])
        spec = self.spec(header, "rvq", table, config["n_codebooks"], rate, hop)  # type: ignore[arg-type]
        delay = DAC_DELAYS.get(tuple(config["downsampling_ratios"]))  # type: ignore[arg-type]
        return replace(spec, summary=spec.summary + said, source="file", delay_samples=delay)

    def build(self, header: Header) -> NormedDacCodec:
        from explorer.public.transformers.dac import NormedDacCodec  # torch

        codec = NormedDacCodec(self.config(header))
        codec.spec = self.describe(header)
        return codec

    def config(self, header: Header) -> Mapping[str, object]:
        """What config.json of the same model would say. Raises CheckpointError."""
        down = self._ratios(header, "encoder.block.{}.block.4")
        up = self._ratios(header, "decoder.model.{}.block.1")
        width, wide = self._normed(header, "encoder.block.0")[0], self._normed(header, "decoder.model.0")[0]
        size, dim = self.shape(header, "quantizer.quantizers.0.codebook.weight")
        latent = self._normed(header, f"encoder.block.{len(down) + 2}")[0]
        if up != down[::-1] or latent != width * 2 ** len(down):
            raise CheckpointError(
                f"This looks like {self.title}, but it goes down by {list(down)} and up by {list(up)} with latents of "
                f"{latent} channels; the same backwards and {width * 2 ** len(down)} channels were expected."
            )
        levels = self.levels(header, "quantizer.quantizers.", ".codebook.weight")
        return {
            "encoder_hidden_size": width, "decoder_hidden_size": wide, "downsampling_ratios": list(down),
            "n_codebooks": levels, "codebook_size": size, "codebook_dim": dim,
            "sampling_rate": self._rate(header, math.prod(down), levels),
        }  # fmt: skip

    def _rate(self, header: Header, hop: int, levels: int) -> int:
        stated = header.scalars.get(RATE, PUBLISHED.get((hop, levels)))
        if stated is None:
            raise CheckpointError(
                f"This looks like {self.title}, but its sample rate is not in the file (metadata), and no published "
                f"model has {levels} levels of {hop} samples. The Hub has {HUB}."
            )
        return whole({"sample_rate": stated}, "sample_rate", 0)

    def _ratios(self, header: Header, name: str) -> tuple[int, ...]:
        """Strides of the convolutions of that name, counted from 1: half the length of their kernels."""
        found: list[int] = []
        while (shape := normed_shape(header, name.format(len(found) + 1))) is not None and len(found) < MOST_STEPS:
            found.append(shape[2] // 2)
        if not found or min(found) < 1:
            raise CheckpointError(f"This looks like {self.title}, but {name.format(1)} is not the one expected.")
        return tuple(found)

    def _normed(self, header: Header, name: str) -> tuple[int, ...]:
        shape = normed_shape(header, name)
        if shape is None:
            raise CheckpointError(f"This looks like {self.title}, but the weight of {name} is missing.")
        return shape


def _named(key: str) -> str | None:
    """The library's name of a key, None for what is no part of the codec (discriminators, losses)."""
    if match := _UNIT.fullmatch(key):
        side, step, unit, part, leaf = match.groups()
        number = int(unit) + 1 if side.startswith("encoder") else int(unit) - 1
        return f"{side.partition('.')[0]}.block.{int(step) - 1}.res_unit{number}.{UNIT[part]}.{leaf}"
    if match := _STEP.fullmatch(key):
        side, step, _, leaf = match.groups()
        convolution = "conv1" if side.startswith("encoder") else "conv_t1"
        return f"{side.partition('.')[0]}.block.{int(step) - 1}.{'snake1' if leaf == 'alpha' else convolution}.{leaf}"
    if match := _END.fullmatch(key):
        side, step, leaf = match.groups()
        part = "snake1" if leaf == "alpha" else "conv1" if step == "0" else "conv2"
        return f"{side.partition('.')[0]}.{part}.{leaf}"
    return key if _TABLE.fullmatch(key) else None


DAC_ORIGINAL = DacOriginal("dac-original")
