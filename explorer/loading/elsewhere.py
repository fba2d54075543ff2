"""Files in their authors' own layout that are not read here, and where the Hub has the same model in one that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Elsewhere:
    """keys: beginnings, each of some key of the file. hub: repositories with the same model."""

    title: str
    keys: tuple[str, ...]
    hub: tuple[str, ...]

    @property
    def words(self) -> str:
        """What the file is, and what to name instead."""
        return (
            f"is {self.title} in the layout of its authors, which is not read here. The Hub has the same model in "
            f"another layout: {' or '.join(self.hub)}."
        )


# Names of keys: kyutai-labs/moshi (moshi/quantization), zhenye234/X-Codec-2.0 (lightning_module.py), and fairseq
# (models/wav2vec/wav2vec2.py, modules/gumbel_vector_quantizer.py).
ELSEWHERE = (
    Elsewhere("Mimi", ("quantizer.rvq_first.vq.layers.0.", "encoder.model.0."), ("kyutai/mimi",)),
    Elsewhere("X-Codec 2 or NeuCodec", ("CodecEnc.", "generator."), ("HKUSTAudio/xcodec2-hf", "neuphonic/neucodec")),
    Elsewhere(
        "wav2vec 2.0",
        ("quantizer.vars", "quantizer.weight_proj.", "feature_extractor.conv_layers."),
        ("facebook/wav2vec2-base",),
    ),
)


def elsewhere(keys: Iterable[str]) -> Elsewhere | None:
    """The entry of a file with those keys."""
    keys = list(keys)
    for one in ELSEWHERE:
        if all(any(key.startswith(start) for key in keys) for start in one.keys):
            return one
    return None
