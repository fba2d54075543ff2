"""What a tokenizer measures on held-out pictures when sharpness counts as well: PSNR, SSIM, usage, texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from explorer.media.quality.metrics import mean_of
from explorer.media.quality.textures import Texture, texture
from explorer.tokenizers.native.model import TokenizerModel
from explorer.training.evaluation.pictures import Evaluation, evaluate


@dataclass(frozen=True)
class TextureEvaluation(Evaluation):
    """gradient_energy, fine_power, gmsd: means over pictures, as `media/quality/textures.py` has them."""

    gradient_energy: float = 0.0
    fine_power: float = 0.0
    gmsd: float = 0.0

    @property
    def words(self) -> str:
        return f"{super().words}  gradient energy {self.gradient_energy:.2f}"

    def values(self) -> dict[str, float]:
        return super().values() | {one.name: getattr(self, one.name) for one in fields(Texture)}


def evaluate_textures(model: TokenizerModel, pictures: Sequence[np.ndarray]) -> TextureEvaluation:
    """`evaluate`, and the texture of each decoded picture against its original."""
    found: list[Texture] = []
    plain = evaluate(model, pictures, look=lambda original, made: found.append(texture(original, made)))
    means = {one.name: mean_of([getattr(each, one.name) for each in found]).value or 0.0 for one in fields(Texture)}
    return TextureEvaluation(**asdict(plain) | means)
