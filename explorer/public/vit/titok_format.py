"""How TiTok lies in files: model.safetensors with config.json, or the same tensors in a .bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.convvq.names import canonical
from explorer.public.convvq.plan import Trunk, read_trunk
from explorer.public.format import Format
from explorer.public.header import Header
from explorer.public.vit.shapes import count_parts, shape_of, square_side

if TYPE_CHECKING:
    from explorer.public.vit.titok import TiTokCodec, TiTokConfig

PAINTER = "pixel_decoder."
RENAMED = {
    "quantize.embedding.weight": "quantize_table.weight",
    "pixel_quantize.embedding.weight": "painter_table.weight",
}


class TiTok(Format):
    """Published sizes: L-32, B-64, S-128 (two stages), BL-64, BL-128, SL-256 (VQ without a second stage)."""

    id, title, modality = "titok", "TiTok", "image"

    def recognises(self, header: Header) -> bool:
        return {"latent_tokens", "encoder.latent_token_positional_embedding"} <= set(header.tensors)

    def rename(self, key: str) -> str | None:
        if key.startswith(PAINTER):  # by the names of the convolutional family, of which it is
            name = canonical(key.removeprefix("pixel_"))
            return None if name is None else "painter." + name.removeprefix("decoder.")
        return RENAMED.get(key, key)

    def describe(self, header: Header) -> TokenizerSpec:
        self._refuse_others(header)
        tokens, _ = header.shape("latent_tokens")
        size, dim = shape_of(header, "quantize.embedding.weight", 2, self.title)
        patch, side = self._places(header)
        stages = "two stages, painted by a MaskGIT-VQGAN" if self._two_stages(header) else ""
        return TokenizerSpec(
            id="",
            title=f"{self.title}, {tokens} tokens",
            summary=f"A picture of {side} px as {tokens} tokens without places{'; ' + stages if stages else ''}.",
            modality="image",
            quantizer="vq",
            codebook_size=size,
            codebook_dim=dim,
            num_quantizers=1,
            combination="single",
            downsampling=patch,
            parameters=sum(info.count for info in header.tensors.values()),
            licence="not stated",
            layout="set1d",
            fixed_size=(side, side),
            warnings=self._guessed(header),
        )

    def build(self, header: Header) -> TiTokCodec:
        from explorer.public.vit.titok import TiTokCodec  # torch

        return TiTokCodec(self._config(header))

    def _refuse_others(self, header: Header) -> None:
        """Its relatives that have no codes, or that need a text beside them."""
        if "quantize.embedding.weight" not in header.tensors:
            raise CheckpointError("This TiTok is continuous (a VAE): it has no codebook, so there are no tokens.")
        if "decoder.text_guidance_proj.weight" in header.tensors:
            raise CheckpointError("This is TA-TiTok, whose decoder needs a caption beside the tokens; not loaded.")

    def _two_stages(self, header: Header) -> bool:
        return f"{PAINTER}conv_in.weight" in header.tensors

    def _stated_cosine(self, header: Header) -> bool | None:
        """Whether directions are compared, which no shape tells; None where config.json does not say it either."""
        said: object = header.config
        for key in ("model", "vq_model", "use_l2_norm"):
            said = said.get(key) if isinstance(said, Mapping) else None
        return None if said is None else bool(said)

    def _guessed(self, header: Header) -> tuple[str, ...]:
        """What is said where the metric is taken from the published models: two stages directions, one distances."""
        if self._stated_cosine(header) is not None:
            return ()
        why = "does not say it (model.vq_model.use_l2_norm)" if header.config else "of the same folder is missing"
        metric, stages = ("cosine", "two stages") if self._two_stages(header) else ("Euclidean", "one stage")
        return (
            f"By which metric codes are chosen is not in the weights, and config.json {why}: the {metric} one is "
            f"taken, as in the published models of {stages}.",
        )

    def _places(self, header: Header) -> tuple[int, int]:
        """Pixels a side of a patch, and of the picture: positions are those of the patches and of a class token."""
        patch = shape_of(header, "encoder.patch_embed.weight", 4, self.title)[2]
        positions = shape_of(header, "encoder.positional_embedding", 2, self.title)[0]
        return patch, patch * square_side(positions - 1, "encoder.positional_embedding")

    def _config(self, header: Header) -> TiTokConfig:
        """The whole configuration from shapes, but for the distance."""
        from explorer.public.vit.titok import Side, TiTokConfig  # torch

        sides = []
        for side in ("encoder", "decoder"):
            width = shape_of(header, f"{side}.class_embedding", 2, self.title)[1]
            inside = shape_of(header, f"{side}.transformer.0.mlp.c_fc.weight", 2, self.title)[0]
            sides.append(Side(width, count_parts(header.tensors, f"{side}.transformer."), inside))
        painter, proxies = self._painter(header)
        patch, side_px = self._places(header)
        size, dim = shape_of(header, "quantize.embedding.weight", 2, self.title)
        stated = self._stated_cosine(header)
        cosine = self._two_stages(header) if stated is None else stated
        tokens = shape_of(header, "latent_tokens", 2, self.title)[0]
        return TiTokConfig(*sides, tokens, size, dim, patch, side_px // patch, cosine, painter, *proxies)

    def _painter(self, header: Header) -> tuple[Trunk | None, tuple[int, int]]:
        """The second stage's decoder and the shape of its codebook; (None, (0, 0)) where there is none."""
        if not self._two_stages(header):
            return None, (0, 0)
        names = {
            key: self.rename(key).replace("painter.", "decoder.") for key in header.tensors if key.startswith(PAINTER)
        }
        trunk = read_trunk({name: header.shape(key) for key, name in names.items()}, "decoder")
        return trunk, shape_of(header, "pixel_quantize.embedding.weight", 2, self.title)


TITOK = TiTok()
