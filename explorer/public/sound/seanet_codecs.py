"""SpeechTokenizer and WavTokenizer as codecs: a SEANet encoder, tables of running averages, and a decoder each.

Zhang et al. 2024, "SpeechTokenizer" (arXiv 2308.16692; github.com/ZhangXInFD/SpeechTokenizer). Ji et al. 2025,
"WavTokenizer" (arXiv 2408.16532; github.com/jishengpeng/WavTokenizer).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from explorer.joints.record import Codebook
from explorer.public.sound.layers import AverageCodebook, fold, residual_stages
from explorer.public.sound.seanet import SeanetDecoder, SeanetEncoder
from explorer.public.sound.seanet_config import SeanetConfig
from explorer.public.sound.vocos import FourierHead, VocosBackbone
from explorer.public.sound.vocos_config import VocosConfig
from explorer.tokenizers.codec import Codec, CodecLevel, lookup


class _SeanetCodec(Codec):
    """What both have: sound -> latents -> residual codes."""

    half_precision = False  # residuals grow small, and distances are differences of large numbers

    def __init__(self, config: SeanetConfig, levels: int, codebook_size: int) -> None:
        super().__init__()
        self.encoder = SeanetEncoder(config)
        self.tables = nn.ModuleList(AverageCodebook(codebook_size, config.dimension) for _ in range(levels))

    def ready(self) -> None:
        fold(self)

    def latents(self, media: Tensor) -> Tensor:
        return self.encoder(media)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        return residual_stages(latents, self.tables)

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self.tables[level].embed, indices, kept)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(book.described() for book in self.tables)


class SpeechCodec(_SeanetCodec):
    """SpeechTokenizer. The first level was trained to agree with HuBERT; the others carry what that leaves out."""

    def __init__(self, config: SeanetConfig, levels: int, codebook_size: int) -> None:
        super().__init__(config, levels, codebook_size)
        self.decoder = SeanetDecoder(config)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.decoder(sum(embedded))


class WavCodec(_SeanetCodec):
    """WavTokenizer: one level, decoded by a Vocos network through an inverse Fourier transform."""

    def __init__(self, config: SeanetConfig, vocos: VocosConfig, codebook_size: int) -> None:
        super().__init__(config, 1, codebook_size)
        self.backbone, self.head = VocosBackbone(vocos), FourierHead(vocos)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.head(self.backbone(embedded[0]))
