"""DAC: residual quantization of sound with factorized codes, looked up by cosine in 8 dimensions.

Kumar et al. 2023, arXiv 2306.06546; github.com/descriptinc/descript-audio-codec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from explorer.joints.record import Codebook
from explorer.public.transformers.building import complete, kept_only, library_config, library_module
from explorer.tokenizers.codec import Codec, CodecLevel


class DacCodec(Codec):
    """config: of config.json. z_e and z_q are of length 1, as the search sees them; the decoder gets the raw codes."""

    half_precision = False  # residuals grow small: float16 would choose other codes
    skips_lost_codes = False  # the search is the library's

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__()
        settings = library_config("models.dac.configuration_dac:DacConfig", config)
        self.model = library_module("models.dac.modeling_dac:DacModel", settings)

    def ready(self) -> None:
        complete(self.model)

    def latents(self, media: Tensor) -> Tensor:
        return self.model.encoder(media)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        residual, stages = latents, []
        for level in self.model.quantizer.quantizers:
            given, _, _, indices, projected = level(residual)  # (B, C, T), (B, T), (B, 8, T)
            z_q = normalize(level.codebook(indices), dim=-1)  # (B, T, 8)
            stages.append(CodecLevel(indices, normalize(projected, dim=1).transpose(1, 2), z_q))
            residual = residual - given
        return stages

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        quantizer = self.model.quantizer.quantizers[level]
        return kept_only(quantizer.out_proj(quantizer.codebook(indices).transpose(1, 2)), kept)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        return self.model.decoder(sum(embedded))  # some samples short where a ratio is odd

    def codebooks(self) -> tuple[Codebook, ...]:
        tables = [level.codebook.weight.float() for level in self.model.quantizer.quantizers]
        return tuple(Codebook(*t.shape, "cosine", normalize(t, dim=1).cpu().numpy()) for t in tables)


class NormedDacCodec(DacCodec):
    """The same of files that hold each weight as a length and a direction, as training does."""

    def __init__(self, config: Mapping[str, object]) -> None:
        super().__init__(config)
        for module in self.model.modules():
            if isinstance(module, (nn.Conv1d, nn.ConvTranspose1d)):
                weight_norm(module)

    def ready(self) -> None:
        for module in self.model.modules():
            if is_parametrized(module, "weight"):
                remove_parametrizations(module, "weight")
        self.model.requires_grad_(False)
        super().ready()
