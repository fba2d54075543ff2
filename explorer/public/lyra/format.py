"""How Lyra v2 lies in files: a folder with soundstream_encoder.tflite, quantizer.tflite and lyragan.tflite.

Figures of the codec: https://github.com/google/lyra, release 1.3.2 (`lyra_config.h`: 16 kHz inside, 50 frames a
second, 64 features a frame).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.format import Format
from explorer.public.header import Header

if TYPE_CHECKING:
    from explorer.public.lyra.codec import LyraCodec

GRAPHS = ("soundstream_encoder", "quantizer", "lyragan")  # stems of the files, and keys of the header
LEVELS, CODES, FEATURES = 46, 16, 64
RATE_HZ, HOP = 16_000, 320
FLOAT_BYTES = 4
# SHA-256 of the published files (google/lyra 1.3.2): graphs are programs, and these alone are run for whoever asks.
PUBLISHED = {
    "soundstream_encoder": "237da0b16226fb0a68d49551c81bebf614e42142af72764448359f68581e88f1",
    "quantizer": "841ee05989687d32d1f616a8ad1419fc7eda37599d3c05c7cf5a0d60ccf8ac5c",
    "lyragan": "50e7839cda4f30599a3a34cfaddcd9c98449b049eee884e1a74295780448ad06",
}


class Lyra(Format):
    """Told by the names of its three graphs. Only the published ones run for visitors of a server."""

    id, title, modality = "lyra", "Lyra v2", "audio"

    def recognises(self, header: Header) -> bool:
        return header.container == "tflite" and set(GRAPHS) == set(header.tensors)

    def resembles(self, header: Header) -> bool:
        return header.container == "tflite"

    def missing(self, header: Header) -> str:
        lost = [f"{stem}.tflite" for stem in GRAPHS if stem not in header.tensors]
        if len(lost) == len(GRAPHS):
            return f"{header.path.name} holds graphs of TensorFlow Lite, of which only those of Lyra v2 are known here."
        if not lost:
            return f"{header.path.name} holds more graphs than the three of Lyra v2; leave the others out."
        return (
            f"Lyra v2 is {', '.join(f'{stem}.tflite' for stem in GRAPHS[:-1])} and {GRAPHS[-1]}.tflite: "
            f"{' and '.join(lost)} {'is' if len(lost) == 1 else 'are'} missing. Name their folder, or choose all three."
        )

    def describe(self, header: Header) -> TokenizerSpec:
        sizes = [info.count for info in header.tensors.values()]
        bits = LEVELS * math.log2(CODES)
        return TokenizerSpec(
            id="lyra",
            title=self.title,
            summary=(
                f"SoundStream: {LEVELS} levels of {CODES} codes, 50 times a second: {bits * 50 / 1000:.3g} kbit/s at "
                "all levels; Lyra sends the first 16, 30 or 46 of them."
            ),
            modality="audio",
            quantizer="rvq",
            codebook_size=CODES,
            codebook_dim=FEATURES,
            num_quantizers=LEVELS,
            combination="sum",
            downsampling=HOP,
            parameters=sum(sizes) // FLOAT_BYTES,
            licence="not stated",
            layout="sequence",
            sample_rate_hz=RATE_HZ,
            shortest=HOP,
            delay_samples=0,
            source="file",
        )

    def build(self, header: Header) -> LyraCodec:
        from explorer.public.lyra.codec import LyraCodec  # torch

        return LyraCodec({stem: info.count for stem, info in header.tensors.items()})


LYRA = Lyra()
