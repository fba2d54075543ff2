"""How OpenAI's discrete VAE lies in files: encoder.pkl and decoder.pkl side by side, or both in one state dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.format import Format
from explorer.public.header import Header

if TYPE_CHECKING:
    from explorer.public.dvae.codec import DvaeCodec

SIDES = {"enc": "encoder", "encoder": "encoder", "dec": "decoder", "decoder": "decoder"}
FINGERPRINT = "blocks.group_1.block_1.res_path.conv_1.w"


class OpenAiDvae(Format):
    """openai/DALL-E's encoder.pkl and decoder.pkl; `enc.` and `dec.` in one file as dalle-pytorch saves them."""

    id, title, modality = "openai-dvae", "OpenAI's discrete VAE (DALL-E)", "image"

    def recognises(self, header: Header) -> bool:
        return any(key.endswith(FINGERPRINT) for key in header.tensors)

    def rename(self, key: str) -> str | None:
        for part in ("vae.", "model."):
            key = key.removeprefix(part)
        side, _, rest = key.partition(".")
        return f"{SIDES[side]}.{rest}" if side in SIDES and rest.startswith("blocks.") else None

    def describe(self, header: Header) -> TokenizerSpec:
        shapes, count = self._shapes(header)
        config = self._config(shapes)
        return TokenizerSpec(
            id="",
            title=self.title,
            summary="8 x 8 pixels a token, taken by the highest of the encoder's scores (a Gumbel-softmax VAE).",
            modality="image",
            quantizer="gumbel",
            codebook_size=config["vocabulary"],
            codebook_dim=shapes["encoder.blocks.output.conv.w"][1] + 1,
            num_quantizers=1,
            combination="single",
            downsampling=8,
            parameters=count,
            licence="not stated",
        )

    def build(self, header: Header) -> DvaeCodec:
        from explorer.public.dvae.codec import DvaeCodec  # torch
        from explorer.public.dvae.network import DvaeConfig

        return DvaeCodec(DvaeConfig(**self._config(self._shapes(header)[0])))

    def _shapes(self, header: Header) -> tuple[dict[str, tuple[int, ...]], int]:
        """Shapes by the module's names, and how many numbers they hold."""
        kept = {name: info for key, info in header.tensors.items() if (name := self.rename(key))}
        if any(f"{side}.{FINGERPRINT}" not in kept for side in ("encoder", "decoder")):
            raise CheckpointError(
                f"This is one half of {self.title}. Put encoder.pkl and decoder.pkl side by side under these names, "
                "and open either."
            )
        return {name: info.shape for name, info in kept.items()}, sum(info.count for info in kept.values())

    def _config(self, shapes: dict[str, tuple[int, ...]]) -> dict[str, int]:
        """The fields of DvaeConfig, from shapes and from how many blocks there are."""
        blocks = {}
        for side in ("encoder", "decoder"):
            names = {name.split(".")[3] for name in shapes if name.startswith(f"{side}.blocks.group_1.block_")}
            blocks[side] = len(names)
        for name in ("encoder.blocks.input.w", "encoder.blocks.output.conv.w", "decoder.blocks.input.w"):
            if len(shapes.get(name, ())) != 4:
                raise CheckpointError(f"{self.title} needs {name} of 4 axes, got shape {shapes.get(name)}.")
        return {
            "vocabulary": shapes["encoder.blocks.output.conv.w"][0],
            "hidden": shapes["encoder.blocks.input.w"][0],
            "first": shapes["decoder.blocks.input.w"][0],
            "encoder_blocks": blocks["encoder"],
            "decoder_blocks": blocks["decoder"],
        }


OPENAI_DVAE = OpenAiDvae()
