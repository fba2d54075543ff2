"""X-Codec2 and NeuCodec: speech in one token of 65,536 codes, 50 times a second, by finite scalar quantization.

Ye et al. 2025, arXiv 2502.04128 (X-Codec2); Neuphonic 2025, arXiv 2509.09550 (NeuCodec, which decodes to 24 kHz).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from explorer.joints.record import Codebook
from explorer.public.transformers.building import complete, kept_only, library_config, library_module
from explorer.public.transformers.speech import paired_mel_frames, two_thirds
from explorer.quantizers.lattices.fsq import fsq_rule
from explorer.tokenizers.codec import Codec, CodecLevel


class Xcodec2Codec(Codec):
    """config: of config.json. Sound at 16 kHz goes in and comes out."""

    half_precision = False  # rounding to four values an axis: float16 would choose other codes
    configuration = "models.xcodec2.configuration_xcodec2:Xcodec2Config"
    modelling = "models.xcodec2.modeling_xcodec2:Xcodec2Model"
    notes = ("The last sample was made silent: the public feature extractor always adds silence, a sample at least.",)

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config(self.configuration, config)
        self.model = library_module(self.modelling, settings)
        self.rule = fsq_rule(settings.quantization_levels)

    def ready(self) -> None:
        complete(self.model)

    def heard(self, media: Tensor) -> tuple[Tensor, Tensor]:
        """Sound as the acoustic encoder takes it, (B, 1, S), and frames for the speech model, (B, T, 160).

        The public feature extractor always adds silence, a sample at least, up to a whole token. The last sample here
        is made that silence, so that N whole tokens of sound give N tokens.
        """
        silenced = torch.cat([media[..., :-1], torch.zeros_like(media[..., -1:])], dim=2)
        edge = self.model.config.hop_length // 2
        return silenced, paired_mel_frames(pad(silenced[:, 0], (edge, edge)))

    def latents(self, media: Tensor) -> Tensor:
        model = self.model
        acoustic_input, frames = self.heard(media)
        semantic = model.semantic_adapter(model.semantic_encoder(frames).last_hidden_state.transpose(1, 2))
        acoustic = model.acoustic_encoder(acoustic_input)
        tokens = min(acoustic.shape[2], semantic.shape[2])
        joined = torch.cat([semantic[..., :tokens], acoustic[..., :tokens]], dim=1)
        return model.fc_encoder(joined.transpose(1, 2))  # (B, T, C)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        quantizer = self.model.quantizer
        rounding = quantizer.quantizer
        bounded = rounding.bound(quantizer.project_in(latents))  # bounded once more below, as in the original
        indices = rounding(bounded)[1].long()  # (B, T)
        z_e = rounding.bound(bounded.float()) / (rounding.levels // 2)
        return [CodecLevel(indices, z_e, rounding.codebook[indices])]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        quantizer = self.model.quantizer
        return kept_only(quantizer.project_out(quantizer.quantizer.codebook[indices]).transpose(1, 2), kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.decode(latents=embedded[0]).audio_values

    def codebooks(self) -> tuple[Codebook, ...]:
        return (Codebook(self.rule.codebook_size, len(self.rule.levels), "implicit", rule=self.rule),)


class NeuCodecCodec(Xcodec2Codec):
    """config: of config.json. Sound at 24 kHz; the encoder hears it at 16 kHz."""

    configuration = "models.neucodec.configuration_neucodec:NeuCodecConfig"
    modelling = "models.neucodec.modeling_neucodec:NeuCodecModel"
    notes = ("The encoder heard this sound at 16 kHz; the decoder made all that lies above 8 kHz.",)

    def heard(self, media: Tensor) -> tuple[Tensor, Tensor]:
        """As above; the public feature extractor adds a token of silence, and the speech model gives one token less."""
        longer = pad(two_thirds(media), (0, self.model.config.encoder_hop_length))
        return longer, paired_mel_frames(longer[:, 0])
