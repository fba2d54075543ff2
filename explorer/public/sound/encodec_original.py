"""EnCodec in its authors' own files: encodec_24khz.th and encodec_48khz.th, and what AudioCraft trains and exports.

The network is that of the transformers library, with other names and no config.json: sizes are read from shapes, what
shapes cannot tell from AudioCraft's `xp.cfg`, or from what is published of the two models of facebookresearch/encodec.
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
from explorer.public.sound.audiocraft_config import AudiocraftConfig, audiocraft_config, has_audiocraft_config
from explorer.public.sound.seanet_config import SeanetConfig, seanet_config
from explorer.public.transformers.folder import WEIGHT_NORM, whole
from explorer.public.transformers.sound_formats import TRAINED, SoundFormat

if TYPE_CHECKING:
    from explorer.public.transformers.encodec import EncodecCodec

FIRST_TABLE = "quantizer.vq.layers.0._codebook.embed"
RATIOS = (8, 5, 4, 2)
UNIT = ".block.1.conv.conv.bias"  # AudioCraft goes around its residual units without a convolution
HUB = "facebook/encodec_24khz, facebook/encodec_32khz and facebook/encodec_48khz"
# encodec/model.py, `encodec_model_24khz` and `encodec_model_48khz`: channels -> what no shape tells.
PUBLISHED: Mapping[int, Mapping[str, object]] = {
    1: {"sampling_rate": 24_000, "use_causal_conv": True, "normalize": False},
    2: {
        "sampling_rate": 48_000, "use_causal_conv": False, "normalize": True, "chunk_length_s": 1.0, "overlap": 0.01,
    },
}  # fmt: skip
RENAMED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^(encoder|decoder)\.model\.", r"\1.layers."),
        (r"^quantizer\.vq\.layers\.(\d+)\._codebook\.", r"quantizer.layers.\1.codebook."),
        (r"\.convtr\.convtr\.", ".conv."),
        (r"\.conv\.conv\.", ".conv."),
        (r"\.(conv|convtr)\.norm\.", ".norm."),
    )
)


class EncodecOriginal(SoundFormat):
    """facebookresearch/encodec: a plain state dict, of which the sample rate is not in the file."""

    id, title, library = "encodec-original", "EnCodec's own file", ""

    def recognises(self, header: Header) -> bool:
        return _own_keys(header) and not has_audiocraft_config(header)

    def rename(self, key: str) -> str | None:
        for pattern, replacement in RENAMED:
            key = pattern.sub(replacement, key)
        if not key.startswith(("encoder.layers.", "decoder.layers.", "quantizer.layers.")) or key.endswith(TRAINED):
            return None
        for old, new in WEIGHT_NORM.items():
            if key.endswith(old):
                key = key.removesuffix(old) + new
        return f"model.{key}"

    def describe(self, header: Header) -> TokenizerSpec:
        network, config = self.network(header), self.config(header)
        rate = whole(config, "sampling_rate", 0)
        spec = self.spec(header, "rvq", self.table(header), self.count(header), rate, network.hop)
        said = spec.summary + self.where_from()
        return replace(spec, channels=network.channels, summary=said, source="file")

    def build(self, header: Header) -> EncodecCodec:
        from explorer.public.transformers.encodec import EncodecCodec  # torch

        spec = self.describe(header)
        codec = EncodecCodec(self.config(header))
        codec.spec = spec
        return codec

    def network(self, header: Header) -> SeanetConfig:
        """Sizes of the encoder. Raises CheckpointError for what the library's network has not."""
        found = seanet_config(header, "encoder.", self.title, UNIT)
        if found.snake or found.bidirectional or found.channels not in PUBLISHED:
            raise CheckpointError(
                f"This looks like {self.title}, but {found.channels} channels, Snake or an LSTM that reads both ways "
                "are none of EnCodec's."
            )
        return found

    def table(self, header: Header) -> tuple[int, int]:
        return self.shape(header, FIRST_TABLE)  # type: ignore[return-value]

    def count(self, header: Header) -> int:
        """Levels."""
        return self.levels(header, "quantizer.vq.layers.", "._codebook.embed")

    def config(self, header: Header) -> Mapping[str, object]:
        """What config.json of the same model would say. Raises CheckpointError."""
        network, (size, _) = self.network(header), self.table(header)
        told = self.told(header, network)
        bits = math.ceil(math.log2(size)) * math.ceil(int(told["sampling_rate"]) / network.hop)  # a second, of a level
        if network.dimension != self.table(header)[1]:
            raise CheckpointError(
                f"This looks like {self.title}, but {FIRST_TABLE} has {self.table(header)[1]} dimensions and the "
                f"encoder gives {network.dimension}; as many were expected."
            )
        return {
            "audio_channels": network.channels,
            "hidden_size": network.dimension,
            "num_filters": network.filters,
            "num_residual_layers": network.residual_layers,
            "upsampling_ratios": list(network.ratios),
            "norm_type": "weight_norm" if network.weight_norm else "time_group_norm",
            "kernel_size": network.kernel,
            "last_kernel_size": network.last_kernel,
            "residual_kernel_size": network.residual_kernel,
            "compress": network.compress,
            "num_lstm_layers": network.lstm_layers,
            "codebook_size": size,
            "use_conv_shortcut": network.shortcut,
            "target_bandwidths": [(self.count(header) + 0.5) * bits / 1000],  # room for so many levels
        } | dict(told)

    def told(self, header: Header, network: SeanetConfig) -> Mapping[str, object]:
        """What no shape tells. Raises CheckpointError where it is not known."""
        if network.ratios != RATIOS or network.weight_norm != (network.channels == 1):
            raise CheckpointError(
                f"This looks like {self.title}, but with ratios {list(network.ratios)} it is neither of its two "
                f"published models, and its sample rate is not in the file. The Hub has {HUB}."
            )
        return PUBLISHED[network.channels]

    def where_from(self) -> str:
        """What the summary says of facts that are in no shape."""
        return " The file states no sample rate: it is that of the published model of these channels."


class Audiocraft(EncodecOriginal):
    """facebookresearch/audiocraft: `best_state` and `xp.cfg`, as trained or as exported."""

    id, title = "audiocraft", "EnCodec of AudioCraft"

    def recognises(self, header: Header) -> bool:
        return _own_keys(header) and has_audiocraft_config(header)

    def told(self, header: Header, network: SeanetConfig) -> Mapping[str, object]:
        found: AudiocraftConfig = audiocraft_config(header)
        if found.renormalize:
            raise CheckpointError(f"{self.title} with renormalize: true sends a loudness aside; it is not loaded.")
        return {
            "sampling_rate": found.sample_rate, "use_causal_conv": found.causal, "normalize": False,
            "pad_mode": found.pad_mode, "trim_right_ratio": found.trim_right_ratio,
            "dilation_growth_rate": found.dilation_base,
        }  # fmt: skip

    def where_from(self) -> str:
        return " Sample rate and padding are those of its xp.cfg."


def _own_keys(header: Header) -> bool:
    """Whether the keys are those of the authors' own code; SpeechTokenizer has the same, and an LSTM of two ways."""
    keys = ("encoder.model.0.conv.conv.bias", "decoder.model.0.conv.conv.bias", FIRST_TABLE)
    return all(key in header.tensors for key in keys) and not any(key.endswith("_reverse") for key in header.tensors)


ENCODEC_ORIGINAL = EncodecOriginal("encodec-original")
AUDIOCRAFT = Audiocraft("audiocraft")
