"""How SpeechTokenizer and WavTokenizer lie in files: a state dict of SpeechTokenizer.pt, a Lightning checkpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header
from explorer.public.sound.normed_names import normed_name
from explorer.public.sound.seanet_config import SeanetConfig, seanet_config
from explorer.public.sound.vocos_config import VocosConfig
from explorer.public.transformers.folder import whole
from explorer.public.transformers.sound_formats import SoundFormat

if TYPE_CHECKING:
    from explorer.public.sound.seanet_codecs import SpeechCodec, WavCodec

_CODEBOOK = re.compile(r"quantizer\.vq\.layers\.(\d+)\._codebook\.(embed|cluster_size)")


class SeanetFormat(SoundFormat):
    """prefix: what the keys of the encoder and the tables begin with. default_hz: the rate of the public models."""

    default_hz: int
    library = ""

    def rename(self, key: str) -> str | None:
        name = key.removeprefix(self.prefix)
        if match := _CODEBOOK.fullmatch(name):
            return f"tables.{match[1]}.{match[2]}"
        if name.startswith("encoder.") and key.startswith(self.prefix):
            return _plain(name)
        return None

    def settings(self, header: Header) -> Mapping[str, object]:
        """The part of the config beside the weights, if there is one, that may state `sample_rate`."""
        return header.config

    def rate(self, header: Header) -> int:
        """Samples a second: as the config states, else that of the public models, which the summary then says."""
        return whole(self.settings(header), "sample_rate", self.default_hz)

    def network(self, header: Header) -> SeanetConfig:
        return seanet_config(header, f"{self.prefix}encoder.", self.title)

    def tables(self, header: Header) -> tuple[int, int, int]:
        """Levels, codes, dimensions. Raises CheckpointError if they do not go with the encoder."""
        before, after = "quantizer.vq.layers.", "._codebook.embed"
        levels = self.levels(header, before, after)
        size, dim = self.shape(header, f"{before}0{after}")
        dimension = self.network(header).dimension
        if dim != dimension:
            raise CheckpointError(
                f"This looks like {self.title}, but {self.prefix}{before}0{after} has shape {(size, dim)}; "
                f"{dimension} dimensions were expected, as the encoder gives."
            )
        return levels, size, dim

    def describe(self, header: Header) -> TokenizerSpec:
        levels, size, dim = self.tables(header)
        network = self.network(header)
        kind = "rvq" if levels > 1 else "vq"
        spec = self.spec(header, kind, (size, dim), levels, self.rate(header), network.hop)
        known = "sample_rate" in self.settings(header)
        said = "" if known else " No config beside the file states its sample rate: it is that of the published models."
        return replace(spec, summary=spec.summary + said, channels=network.channels, source="file")


class SpeechTokenizer(SeanetFormat):
    """The encoder's LSTM reads in both directions: by that it differs from EnCodec's own files of the same names."""

    id, title = "speechtokenizer", "SpeechTokenizer"
    default_hz = 16_000

    def recognises(self, header: Header) -> bool:
        return (
            "quantizer.vq.layers.0._codebook.embed" in header.tensors
            and "decoder.model.0.conv.conv.bias" in header.tensors
            and any(key.startswith("encoder.") and key.endswith(".lstm.weight_ih_l0_reverse") for key in header.tensors)
        )

    def rename(self, key: str) -> str | None:
        return _plain(key) if key.startswith("decoder.") else super().rename(key)

    def describe(self, header: Header) -> TokenizerSpec:
        spec = super().describe(header)
        words = "The first level was trained to agree with HuBERT's features, so it says mostly what is spoken."
        return replace(spec, summary=f"{spec.summary} {words}")

    def build(self, header: Header) -> SpeechCodec:
        from explorer.public.sound.seanet_codecs import SpeechCodec  # torch

        levels, size, _ = self.tables(header)
        return SpeechCodec(self.network(header), levels, size)


class WavTokenizer(SeanetFormat):
    """EnCodec's own decoder and the discriminators lie in the checkpoint too; tokenizing reads neither."""

    id, title = "wavtokenizer", "WavTokenizer"
    default_hz = 24_000

    def recognises(self, header: Header) -> bool:
        keys = (f"{self.prefix}quantizer.vq.layers.0._codebook.embed", "head.out.weight", "backbone.embed.weight")
        return all(key in header.tensors for key in keys)

    def rename(self, key: str) -> str | None:
        return key if key.startswith(("backbone.", "head.")) else super().rename(key)

    def settings(self, header: Header) -> Mapping[str, object]:
        config: object = header.config
        for name in ("model", "init_args"):
            config = config.get(name) if isinstance(config, Mapping) else None
        return config if isinstance(config, Mapping) else {}

    def describe(self, header: Header) -> TokenizerSpec:
        if self.tables(header)[0] != 1:
            raise CheckpointError(f"This looks like {self.title}, but it has {self.tables(header)[0]} levels, not 1.")
        self._vocos(header)
        return super().describe(header)

    def build(self, header: Header) -> WavCodec:
        from explorer.public.sound.seanet_codecs import WavCodec  # torch

        return WavCodec(self.network(header), self._vocos(header), self.tables(header)[1])

    def _vocos(self, header: Header) -> VocosConfig:
        width, inputs, _ = self._whole_shape(header, "backbone.embed.weight", 3)
        inner_width, _ = self._whole_shape(header, "backbone.convnext.0.pwconv1.weight", 2)
        window = self._whole_shape(header, "head.out.weight", 2)[0] - 2
        conditions = header.shape("backbone.norm.scale.weight")
        pattern = re.compile(r"backbone\.convnext\.\d+\.pwconv1\.weight")
        hop = self.network(header).hop
        if width % 32 or window < hop or (window - hop) % 2:
            raise CheckpointError(
                f"This looks like {self.title}, but its decoder is {width} wide (a multiple of 32 was expected) and "
                f"transforms {window} samples (an even number more than {hop} was expected)."
            )
        return VocosConfig(
            inputs=inputs,
            width=width,
            inner_width=inner_width,
            blocks=sum(pattern.fullmatch(key) is not None for key in header.tensors),
            conditions=conditions[0] if conditions else 0,
            window=window,
            hop=hop,
        )

    def _whole_shape(self, header: Header, key: str, axes: int) -> tuple[int, ...]:
        shape = header.shape(key)
        if shape is None or len(shape) != axes or 0 in shape:
            raise CheckpointError(f"This looks like {self.title}, but {key} has shape {shape}; {axes} axes expected.")
        return shape


def _plain(name: str) -> str:
    """Without the wrappers that the original puts around each convolution."""
    return normed_name(name.replace(".conv.conv.", ".conv.").replace(".convtr.convtr.", ".convtr."))


SPEECHTOKENIZER = SpeechTokenizer("speechtokenizer")
WAVTOKENIZER = WavTokenizer("wavtokenizer", prefix="feature_extractor.encodec.")
